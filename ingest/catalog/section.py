"""One section of a YAML file written anew, the rest of the file left as people wrote it, comments and all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml
from pydantic import BaseModel


def replaced(text: str, section: str, entries: Iterable[BaseModel]) -> str:
    """The text with the entries as its top-level `section`, at its place or at the end. Comments within it are lost."""
    block = written(section, entries)
    lines = _lines(text)
    first = next((n for n, line in enumerate(lines) if re.match(rf"{section}\s*:", line)), None)
    if first is None:
        return text + ("" if text.endswith("\n") or not text else "\n") + block
    return "".join([*lines[:first], block, *lines[_end(lines, first) :]])


def _end(lines: list[str], first: int) -> int:
    """Where the section ends: before the next top-level key, and before the comments that stand over that."""
    end = first + 1
    for number in range(first + 1, len(lines)):
        if re.match(r"[^\s#-]", lines[number]):
            break
        if lines[number].strip() and not lines[number].startswith("#"):
            end = number + 1
    return end


def written(section: str, entries: Iterable[BaseModel]) -> str:
    """The section as YAML; what is not given is not written."""
    plain = [entry.model_dump(mode="json", exclude_none=True, exclude_defaults=True) for entry in entries]
    return "".join(_block(section, plain))


class _Dumper(yaml.SafeDumper):
    """Quotes texts with line ends that PyYAML would write bare, and read back as blanks."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if re.search("[\r\x85\u2028\u2029]", text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _block(section: str, plain: list[dict[str, Any]]) -> Iterator[str]:
    if not plain:
        yield f"{section}: []\n"
        return
    yield f"{section}:\n"
    for entry in plain:
        text = yaml.dump([entry], Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
        yield from (f"  {line}" if line.strip() else line for line in _lines(text))


def _lines(text: str) -> list[str]:
    """With their ends. `splitlines` would cut at signs that YAML has within a line."""
    return [line for line in re.split(r"(?<=\n)", text) if line]
