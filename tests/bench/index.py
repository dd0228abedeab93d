"""`clearwarn index air` as a process: a year of 48 stations' hours, the recorded Beijing file under other names."""

from __future__ import annotations

import gzip
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from time import monotonic

import click
import pytest

from tests.bench.figures import Figure, Size
from tests.bench.network import CONFIG
from tests.support.recorded import recorded

ROWS = {Size.FULL: 420_000, Size.QUICK: 20_000}


def measure(size: Size) -> Iterator[Figure]:
    """The processor's seconds, start of the process included; nothing where the recorded file is absent."""
    try:
        source = recorded("air_beijing12_hourly_20151101_20170228.csv.gz")
    except pytest.skip.Exception as absent:
        click.echo(f"  left out: {absent}", err=True)
        return
    with tempfile.TemporaryDirectory(prefix="clearwarn-bench-") as name:
        file = Path(name) / "in.csv.gz"
        _write(file, source, ROWS[size])
        for period in ("day", "hour"):
            group = f"index air, {ROWS[size]} hourly rows, --period {period}"
            seconds, cpu = _run(file, Path(name) / "out.csv", period)
            yield Figure(group=group, name="CPU", value=cpu, unit="s", aim="< 20")
            yield Figure(group=group, name="by the clock, one core", value=seconds, unit="s", aim="< 20")


def _write(file: Path, source: Path, rows: int) -> None:
    """The recorded rows over and over, each time with other names of stations."""
    with gzip.open(source, "rt", encoding="utf-8") as recorded_:
        header, *lines = recorded_
    with gzip.open(file, "wt", encoding="utf-8", compresslevel=1) as out:
        out.write(header)
        out.writelines(islice((f"{turn}-{line}" for turn in count() for line in lines), rows))


def _run(file: Path, target: Path, period: str) -> tuple[float, float]:
    words = ["--config", str(CONFIG), "index", "air", "--from", str(file), "--to", str(target), "--period", period]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), monotonic()
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(everywhere)})  # the process inherits it
    try:
        subprocess.run([sys.executable, "-m", "ingest", *words], stderr=subprocess.DEVNULL, check=True)
    finally:
        os.sched_setaffinity(0, everywhere)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return monotonic() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
