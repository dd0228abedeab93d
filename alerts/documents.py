"""YAML documents that know their lines, checked against pydantic models.

The one reader of configuration files: `ingest.settings` uses it too. Every problem of a file is reported at
once, with file, line and path. Duplicate keys, which YAML forbids and PyYAML accepts, are problems.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from alerts.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ModelT = TypeVar("ModelT", bound=BaseModel)
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's reads 1000 stations at once
Location = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A file's data, and the line on which each part of it begins."""

    file: Path
    data: Any
    lines: Mapping[Location, int]

    def problem(self, location: Location, message: str) -> Problem:
        """A problem at that place, or at the nearest place around it that the file has."""
        for end in range(len(location), -1, -1):
            if location[:end] in self.lines:
                return Problem(self.file, self.lines[location[:end]], dotted(location), message)
        return Problem(self.file, 0, dotted(location), message)


def dotted(location: Location) -> str:
    """`rules[2].levels.red`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def read(file: Path) -> Document:
    """Reads one YAML file. Raises `ConfigurationError` where it is absent, not UTF-8 or not YAML."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError([Problem(file, 0, "", f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError([Problem(file, 0, "", f"is not UTF-8 at byte {error.start}")]) from error
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return Document(file, None, {(): 1})
        lines: dict[Location, int] = {}
        twice = [
            Problem(file, line, dotted(location), "this key is there twice")
            for location, line in _walk(node, (), lines)
        ]
        if twice:
            raise ConfigurationError(twice)
        return Document(file, loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ConfigurationError([Problem(file, line, "", f"is not YAML: {error.problem}")]) from error
    except RecursionError as error:
        raise ConfigurationError([Problem(file, 0, "", "refers to itself, or is nested too deep")]) from error
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigurationError([Problem(file, 0, "", f"is not YAML: {error}")]) from error
    finally:
        loader.dispose()


def _walk(node: yaml.Node, at: Location, lines: dict[Location, int]) -> Iterator[tuple[Location, int]]:
    """Notes the line of every part; yields the keys that stand twice."""
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*at, str(key.value))
            if inner in lines:
                yield inner, key.start_mark.line + 1
            lines[inner] = key.start_mark.line + 1
            yield from _walk(value, inner, lines)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _walk(value, (*at, number), lines)


def check(document: Document, model: type[ModelT]) -> ModelT:
    """The document as that model. Raises `ConfigurationError` with every problem, each with its line."""
    try:
        return model.model_validate({} if document.data is None else document.data)
    except ValidationError as error:
        raise ConfigurationError(
            document.problem(_in_file(detail["loc"], document), _said(detail["msg"], detail.get("input")))
            for detail in error.errors(include_url=False)
        ) from error


def _in_file(location: Location, document: Document) -> Location:
    """The model's location without the names of union members, which no file holds."""
    at: Location = ()
    for number, part in enumerate(location):
        if (*at, part) in document.lines or number == len(location) - 1:
            at = (*at, part)
    return at


def _said(message: str, given: object) -> str:
    message = message.removeprefix("Value error, ")
    if isinstance(given, str | int | float) and repr(given) not in message:
        return f"{message} (here: {given!r})"
    return message
