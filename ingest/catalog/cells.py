r"""Records in one cell of a table: a record a line, its fields between bars, as a person can read and edit it.

A backslash makes the next sign a plain one (`\|`, `\\`), and writes line ends within a field as `\n` and `\r`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

_OUT = str.maketrans({"\\": "\\\\", "|": "\\|", "\n": "\\n", "\r": "\\r"})
_IN = {"n": "\n", "r": "\r"}


def write_cell(records: Iterable[Sequence[str]]) -> str:
    """The records as one cell; a record has at least one field that is not empty."""
    return "\n".join("|".join(field.translate(_OUT) for field in record) for record in records)


def read_cell(cell: str) -> list[list[str]]:
    """The records of a cell. Empty lines between them are skipped."""
    return [_fields(line) for line in cell.replace("\r\n", "\n").split("\n") if line]


def _fields(line: str) -> list[str]:
    fields = [""]
    for sign, plain in _signs(line):
        if sign == "|" and not plain:
            fields.append("")
        else:
            fields[-1] += sign
    return fields


def _signs(line: str) -> Iterator[tuple[str, bool]]:
    """Each sign, and whether a backslash has made it a plain one."""
    signs = iter(line)
    for sign in signs:
        if sign == "\\":
            escaped = next(signs, "\\")
            yield _IN.get(escaped, escaped), True
        else:
            yield sign, False
