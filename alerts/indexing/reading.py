"""Opening a CSV or `.csv.gz` file, and the options that name what is read and what is written."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import click

from alerts.errors import UnusableFileError

Option = Callable[[Any], Any]


def source_option(said: str) -> Option:
    """`--from`: a file that is there."""
    kind = click.Path(exists=True, dir_okay=False, path_type=Path)
    return click.option("--from", "source", required=True, type=kind, help=said)


def target_option(said: str) -> Option:
    """`--to`: a file to write, or `-`."""
    kind = click.Path(dir_okay=False, allow_dash=True, path_type=Path)
    return click.option("--to", "target", required=True, type=kind, help=said)


@contextmanager
def opened(source: Path) -> Iterator[tuple[TextIO, BinaryIO]]:
    """Its text, and the file beneath: how far that is says how much is read.

    Raises `UnusableFileError` for what cannot be opened, is damaged or is not CSV in UTF-8, also while it is read
    in the block. An `OSError` of the block goes through: it may be of what is written there.
    """
    try:
        beneath = source.open("rb")
    except OSError as error:
        raise UnusableFileError(f"{source}: cannot be read: {error}") from error
    try:
        with (
            beneath as raw,
            gzip.GzipFile(fileobj=raw) if source.suffix == ".gz" else nullcontext(raw) as plain,
            io.TextIOWrapper(plain, encoding="utf-8-sig", newline="") as text,
        ):
            yield text, raw
    except UnicodeDecodeError as error:
        raise UnusableFileError(f"{source}: is not UTF-8: {error}") from error
    except (gzip.BadGzipFile, EOFError, zlib.error, csv.Error) as error:
        raise UnusableFileError(f"{source}: cannot be read: {error}") from error
