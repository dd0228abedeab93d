"""What working over files needs from outside; the composition root supplies it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import tzinfo
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

HourlyRow = tuple[int, str, float, tuple[int | None, ...]]


class HourlyFile(Protocol):
    """An open file of hourly means. Reading it may raise `UnusableFileError`."""

    @property
    def name(self) -> str:
        """As messages name it."""
        ...

    @property
    def present(self) -> Sequence[str]:
        """Those of the parameters asked for that have a column, in the order asked for."""
        ...

    @property
    def share(self) -> float:
        """How much of it is read, up to 1."""
        ...

    @property
    def refused(self) -> Mapping[str, int]:
        """Rows and cells left out so far, by reason; the first of them are told one by one."""
        ...

    def refuse(self, line: int, reason: str, what: str) -> None:
        """Counts, and tells of, a row that is of no use after all."""
        ...

    def zone_of(self, station: str) -> tzinfo:
        """In which its natural days are."""
        ...

    def rows(self) -> Iterator[HourlyRow]:
        """Line, station, beginning of the hour (seconds since the epoch) and values, in the order of the file.

        Values are of the parameters `present`, as `convert` made them of a number in the catalogue's unit; None where
        a cell says none.
        """
        ...


class Root(Protocol):
    """What `ctx.obj` is."""

    @property
    def config_dir(self) -> Path: ...

    def hourly_file(
        self,
        file: Path,
        *,
        parameters: Sequence[str],
        convert: Callable[[float], int],
        zone: ZoneInfo,
        station: str | None,
        overrides: Sequence[str],
        label: str,
        tell: Callable[[str], None],
    ) -> AbstractContextManager[HourlyFile]:
        """Opens it and reads its header. Raises `UnusableFileError`, also while it is read in the block."""
        ...
