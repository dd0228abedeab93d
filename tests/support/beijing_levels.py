"""December 2016 of the twelve Beijing stations through walk, windows, standards and rules: the levels hour by hour."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from alerts.air.model import AirArea, AirStation
from alerts.air.network import AirNetwork
from alerts.engine import Engine
from alerts.model import Transition
from alerts.moments import ZONE
from alerts.rules.files import load_rules
from ingest.adapters.alerting import places
from ingest.catalog import Catalog
from ingest.model import Delivery
from ingest.settings import load_catalog
from ingest.walk import Walk
from tests.support.air import STANDARDS
from tests.support.district import ROOT

HOUR = timedelta(hours=1)
_COLUMNS = {"pm2_5_ugm3": "pm2_5", "pm10_ugm3": "pm10", "so2_ugm3": "so2", "no2_ugm3": "no2", "o3_ugm3": "o3"}
_FIRST, _LAST = "2016-11-28", "2016-12-31"  # so that the first hours of December have a day and a dwell behind them
_INDICES = ("aqi_24h", "aqi_24h_pm2_5", "aqi_24h_o3")
_RULES = ("air-heavy", "air-light-pm2_5", "air-light-o3", "air-heavy-2018")


def beijing(folder: Path) -> Catalog:
    """The catalogue of those stations."""
    shutil.copytree(ROOT / "tests/support/beijing", folder)
    shutil.copy(ROOT / "config/parameters.yaml", folder)
    return load_catalog(folder)


def levels(file: Path, catalog: Catalog) -> Iterator[str]:
    """A line an hour, by the end of the hour in Beijing, and the levels that hold from then on."""
    walk = Walk(catalog=catalog)
    network = AirNetwork(
        stations=[
            AirStation(
                id=station.id,
                area=station.area,
                zone=ZONE,
                pollutants=frozenset(station.parameters),
                interval_seconds=station.interval.total_seconds(),
                lateness=station.lateness,
            )
            for station in catalog.stations
        ],
        areas=[AirArea(id="beijing", zone=ZONE, coverage=Decimal("0.75"))],
        standards=STANDARDS,
    )
    rules = [*load_rules(ROOT / "config/rules"), *load_rules(ROOT / "config/rules/optional")]
    engine = Engine(rules=[rule for rule in rules if rule.id in _RULES], places=places(catalog))
    indices: dict[datetime, dict[str, float | None]] = {}
    changes: dict[datetime, list[Transition]] = {}
    for hour, deliveries in _hours(file):
        now = hour + timedelta(minutes=1)
        for position, (topic, payload) in enumerate(deliveries, start=1):
            given = network.feed(walk.take(Delivery(topic, payload, now, position)).bundles, now)
            for index in given:
                if index.station == "beijing" and index.period == "1h":
                    indices.setdefault(index.instant, {})[index.parameter] = index.value
            for one in engine.feed(given, now):
                changes.setdefault(one.instant, []).append(one)
    standing = dict.fromkeys(_RULES, "-")
    for hour in sorted(indices):
        standing |= {one.rule: one.level.value if one.level else "-" for one in changes.get(hour, ())}
        if hour.astimezone(ZONE) - HOUR >= datetime(2016, 12, 1, tzinfo=ZONE):
            yield _line(hour, indices[hour], standing)


def _hours(file: Path) -> Iterator[tuple[datetime, list[tuple[str, bytes]]]]:
    """The reports of each hour, as devices send them; empty cells are not sent."""
    hours: dict[datetime, list[tuple[str, bytes]]] = {}
    with gzip.open(file, "rt", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            if not _FIRST <= row["time"][:10] <= _LAST:
                continue
            values = {name: float(row[column]) for column, name in _COLUMNS.items() if row[column]}
            if row["co_ugm3"]:
                values["co"] = float(row["co_ugm3"]) / 1000
            end = datetime.fromisoformat(row["time"]) + HOUR
            if values:
                body = {"station": row["station"], "time": row["time"], "period": "1h", "values": values}
                topic = f"clearwarn/v1/air/{row['station']}/reading"
                hours.setdefault(end, []).append((topic, json.dumps(body).encode()))
    yield from sorted(hours.items())


def _line(hour: datetime, indices: Mapping[str, float | None], standing: Mapping[str, str]) -> str:
    shown = [f"{_number(indices.get(name)):>5}" for name in _INDICES]
    coloured = [f"{standing[rule]:<7}" for rule in _RULES]
    return f"{hour.astimezone(ZONE):%m-%d %H:%M} {' '.join(shown)}  {' '.join(coloured)}".rstrip()


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


HEAD = """\
December 2016, twelve stations of Beijing (UCI 501, CC BY 4.0), as one area: what the rules say, hour by hour.
Readings, flags, windows (HJ 633-2012), rules. Time: the end of the hour. AQI, PM2.5, O3: indices of the last 24 h.
heavy: air-heavy; light: air-light-pm2_5; ozone: air-light-o3; 2018: the levels of 2018/2019 (optional/air-2018.yaml).

time          AQI PM2.5    O3  heavy   light   ozone   2018
"""
