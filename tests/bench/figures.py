"""What a measurement gives: named figures, as a table, as JSON, as Markdown."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from rich.console import Console
from rich.table import Table


class Size(StrEnum):
    """How thorough a run is."""

    FULL = "full"
    QUICK = "quick"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number; `aim` is what it should be, where somebody said so."""

    group: str
    name: str
    value: float
    unit: str
    aim: str = ""

    @property
    def text(self) -> str:
        """Three significant digits, thousands apart."""
        digits = 0 if abs(self.value) >= 100 else 1 if abs(self.value) >= 10 else 2
        return f"{self.value:,.{digits}f}".replace(",", " ")


def machine() -> str:
    """What the figures were taken on; no names.

    Debian builds its Python with profiles and link-time optimisation; one built without is slower by a tenth or more.
    """
    whose = platform.freedesktop_os_release()["ID"] if sys.base_prefix == "/usr" else "own build"
    python = f"{platform.python_implementation()} {platform.python_version()} ({whose})"
    return f"{os.cpu_count()} cores, {platform.machine()}, {python}, SQLite {sqlite3.sqlite_version}"


def table(figures: Iterable[Figure]) -> Table:
    """For a terminal."""
    drawn = Table("what", "", "value", "unit", "aim", title=machine(), title_justify="left")
    drawn.columns[2].justify = "right"
    group = ""
    for figure in figures:
        drawn.add_row(figure.group if figure.group != group else "", figure.name, figure.text, figure.unit, figure.aim)
        group = figure.group
    return drawn


def show(figures: Iterable[Figure]) -> None:
    """Prints the table."""
    Console().print(table(figures))


def document(figures: Sequence[Figure], size: Size) -> dict[str, Any]:
    """For a program."""
    return {"machine": machine(), "size": size.value, "figures": [asdict(figure) for figure in figures]}


def markdown(figures: Sequence[Figure]) -> str:
    """For `RESULTS.md`."""
    rows = "\n".join(f"| {f.group} | {f.name} | {f.text} | {f.unit} | {f.aim} |" for f in figures)
    return f"| what | | value | unit | aim |\n|---|---|---:|---|---|\n{rows}\n"
