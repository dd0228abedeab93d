"""Files of hourly rows for `clearwarn index`, and the command as it is typed."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from click.testing import CliRunner, Result

from alerts.indexing.cli import index as command
from ingest.__main__ import Root
from tests.support.district import CONFIG

SHANGHAI = ZoneInfo("Asia/Shanghai")
AIR: Mapping[str, float] = {"pm2_5": 30, "pm10": 50, "so2": 8, "no2": 25, "co": 0.6, "o3": 60}

Hour = dict[str, str | float]


def hours(
    first: str, count: int, *, station: str = "air-01", zone: ZoneInfo = SHANGHAI, **values: Any
) -> Iterator[Hour]:
    """Clean air from that hour (of the zone) on, but for what is said; every hour that the clock there has."""
    began = datetime.fromisoformat(first).replace(tzinfo=zone)
    utc = began - (began.utcoffset() or timedelta(0))
    for number in range(count):
        moment = (utc.replace(tzinfo=ZoneInfo("UTC")) + timedelta(hours=number)).astimezone(zone)
        yield {"station": station, "time": moment.isoformat(), **AIR, **values}


def a_file(folder: Path, rows: Iterable[Mapping[str, str | float]], *, name: str = "in.csv") -> Path:
    """With the columns of its first row."""
    listed = list(rows)
    file = folder / name
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(listed[0]))
        writer.writeheader()
        writer.writerows(listed)
    return file


def index(*words: str | Path, config: Path = CONFIG) -> Result:
    """`clearwarn index ...`."""
    return CliRunner().invoke(command, [str(word) for word in words], obj=Root(config))


def indexed(
    folder: Path, rows: Iterable[Mapping[str, str | float]], *words: str, config: Path = CONFIG
) -> list[dict[str, str]]:
    """The lines that `clearwarn index air` makes of those rows."""
    target = folder / "out.csv"
    result = index("air", "--from", a_file(folder, rows), "--to", target, *words, config=config)
    assert result.exit_code == 0, result.output
    return lines(target)


def lines(file: Path) -> list[dict[str, str]]:
    """Of a file of CSV."""
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))
