"""The project's vectors, worked out by exact rational arithmetic or published by others: every one must be met."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from alerts.standards import POLLUTANT_OF, Edition, Indicator, Pollutant, Report, Status, daily, exact, hourly, number
from tests.support.air import STANDARDS, amounts
from tests.support.district import CONFIG
from tests.support.recorded import noted

_WRITTEN = {"PM2.5": "pm2_5", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "CO": "co", "O3": "o3", "O3_8h": "o3"}
_UNITS = {"so2": "_24h", "no2": "_24h", "pm10": "_24h", "pm2_5": "_24h", "co": "_24h", "o3": "_8h"}


def vectors() -> Mapping[str, Any]:
    """The file, or a skip."""
    found: Mapping[str, Any] = json.loads(noted("aqi_vectors.json").read_text(encoding="utf-8"))
    return found


def edition_of(vector: Mapping[str, Any]) -> Edition:
    return STANDARDS.edition(vector["standard"].lower().replace(" ", ""))


def named(written: list[str]) -> set[Pollutant]:
    return {Pollutant(_WRITTEN[name]) for name in written}


@pytest.mark.parametrize("group", ["single", "third_party"])
def test_every_single_vector_is_met(group: str) -> None:
    """Rounded as the edition says where the vector says so, else as it is."""
    found = []
    for vector in (given := vectors()[group]):
        edition, indicator = edition_of(vector), Indicator(vector["column"])
        amount = exact(vector["concentration"])
        if vector["standard"].endswith("2026"):
            amount = edition.reported(POLLUTANT_OF[indicator], amount)
            assert number(amount) == vector.get("concentration_rounded", number(amount)), vector
        index = edition.iaqi(indicator, amount)
        if index != (None if vector["iaqi"] == "NOT_COMPUTED" else vector["iaqi"]):
            found.append((vector, index))
    assert found == []
    assert len(given) == {"single": 306, "third_party": 12}[group]


def test_every_composite_vector_is_met() -> None:
    """IAQIs, AQI before and after the rule of publication, level, primary and missing pollutants."""
    for vector in vectors()["composite"]:
        expected = vector["expected"]
        judge = daily if vector["mode"] == "daily" else hourly
        report = judge(edition_of(vector), amounts(**vector["input"]))
        assert {name: report.of(Pollutant(name)) for name in expected["iaqi"]} == expected["iaqi"], vector["id"]
        assert report.computed == expected["aqi"], vector["id"]
        assert ("NA" if report.aqi is None else report.aqi) == expected["published_aqi"], vector["id"]
        assert ("NA" if report.level is None else report.level.level) == expected["level"], vector["id"]
        primary = [] if expected["primary"] == "NA" else expected["primary"]
        assert set(report.primary) == named(primary), vector["id"]
        assert set(report.missing) == named(expected.get("missing", [])), vector["id"]
        assert set(report.non_attainment) == named(expected.get("non_attainment", [])), vector["id"]


def test_every_published_report_is_put_together_alike() -> None:
    """Shanghai's own AQI, level and primary pollutant of 2013, from its own IAQIs."""
    for vector in vectors()["published_aggregation"]:
        edition = edition_of(vector)
        indices = {_WRITTEN[name]: index for name, index in vector["iaqi"].items()}
        report = Report(
            edition=edition,
            iaqi={Indicator(name + _UNITS[name]): index for name, index in indices.items()},
            computed=max(indices.values()),
            missing=(),
            status=Status.VALID,
        )
        assert report.aqi == vector["aqi"]
        assert report.level is not None
        assert report.level.level == vector["level"]
        assert set(report.primary) == named(vector["primary"])


@pytest.mark.parametrize(
    "name", ["air_aqi_hj633_2012.yaml", "air_aqi_hj633_2026.yaml", "gb3095_2012.yaml", "gb3095_2026.yaml"]
)
def test_shipped_tables_are_the_researched_ones(name: str) -> None:
    """Not a number has changed on the way from the notes, nor a mark of verification."""
    notes = yaml.safe_load(noted(name).read_text(encoding="utf-8"))
    assert yaml.safe_load((CONFIG / "standards" / name).read_text(encoding="utf-8")) == notes
