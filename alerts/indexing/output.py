"""Blocks of lines in order of station and time, in a file that is there whole or not at all."""

from __future__ import annotations

import gzip
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from alerts.indexing.passing import Block

STANDARD_OUTPUT = Path("-")


class Spool:
    """Blocks on disk until all are known: in memory is only where each lies."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._places: list[tuple[str, int, int, int]] = []
        self._end = 0

    def add(self, block: Block) -> None:
        """In whatever order they come."""
        content = block.lines.encode()
        self._file.write(content)
        self._places.append((block.station, block.date.toordinal(), self._end, len(content)))
        self._end += len(content)

    def write(self, header: str, out: BinaryIO) -> None:
        """All of it, by station and date."""
        out.write(header.encode())
        for _, _, place, length in sorted(self._places):
            self._file.seek(place)
            out.write(self._file.read(length))


@contextmanager
def spool(target: Path) -> Iterator[Spool]:
    """Beside the target, where there is room if there is any for the target; gone in any case afterwards."""
    folder = None if target == STANDARD_OUTPUT else target.parent
    with tempfile.TemporaryFile(dir=folder, prefix=".clearwarn-") as file:
        yield Spool(file)


@contextmanager
def replaced(target: Path) -> Iterator[BinaryIO]:
    """What is written becomes the target at once, or not at all: by another name, synced, then renamed.

    `.gz` is compressed; `-` is standard output. Raises `OSError`.
    """
    if target == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with beside.open("xb") as plain:
            if target.suffix == ".gz":
                with gzip.GzipFile(filename="", fileobj=plain, mode="wb", mtime=0) as packed:
                    yield cast("BinaryIO", packed)
            else:
                yield plain
            plain.flush()
            os.fsync(plain.fileno())
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
