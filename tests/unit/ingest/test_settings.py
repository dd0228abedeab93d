"""Configuration: each good tree loads, each bad one says everything that is wrong, with file and line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from alerts.errors import ConfigurationError, SecretError
from ingest.catalog import duration
from ingest.settings import load_catalog, load_service

TREES = Path(__file__).parents[2] / "config"


def problems(case: str) -> list[tuple[str, int, str]]:
    """(file, line, path) of everything wrong, of catalogue and service."""
    found: list[tuple[str, int, str]] = []
    folder = TREES / "bad" / case
    for load in (load_catalog, load_service):
        try:
            load(folder)
        except ConfigurationError as error:
            found += [(str(p.file.relative_to(folder)), p.line, p.path) for p in error.problems if p.message]
    return found


def test_settings_smallest_tree_loads() -> None:
    """Everything else has a default."""
    folder = TREES / "good" / "smallest"
    assert [station.id for station in load_catalog(folder).stations] == ["air-1"]
    assert load_service(folder).broker.port == 1883


def test_settings_stations_of_all_files_are_one_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """With durations and zone as written; the secret is in the environment alone."""
    folder = TREES / "good" / "two-files"
    catalog = load_catalog(folder)
    second = catalog.by_id["air-2"]
    assert list(catalog.by_id) == ["air-1", "air-2"]
    assert (second.interval, second.lateness, second.zone) == (
        timedelta(minutes=5),
        timedelta(days=3),
        "Asia/Shanghai",
    )
    settings = load_service(folder)
    assert settings.checkpoint_every == timedelta(minutes=1)
    monkeypatch.setenv("CLEARWARN_TEST_PASSWORD", "s3cret")
    address = settings.broker.address()
    assert (address.host, address.password, address.keepalive) == ("broker.example", "s3cret", 60)
    assert "s3cret" not in repr(address) + repr(settings)


CASES = {
    "unknown-keys": [
        ("areas.yaml", 2, "areas[0].size"),
        ("stations/air.yaml", 2, "stations[0].colour"),
        ("stations/air.yaml", 4, "stations[1].kind"),
        ("stations/air.yaml", 5, "stations[1].name.en"),
        ("stations/air.yaml", 9, "stations[1].parameters"),
    ],
    "cross-references": [
        ("stations/air.yaml", 5, "stations[0].area"),
        ("stations/air.yaml", 10, "stations[0].parameters[1]"),
        ("stations/air.yaml", 15, "outfalls[0].permit.limits.soot"),
        ("stations/air.yaml", 16, "outfalls[0].stations[0]"),
        ("stations/air.yaml", 16, "outfalls[0].stations[1]"),
        ("stations/more.yaml", 2, "stations[0].id"),
        ("stations/more.yaml", 3, "stations[1].id"),
        ("stations/more.yaml", 6, "outfalls[0].code"),
        ("stations/more.yaml", 14, "water_sources[0].monitors[0].station"),
        ("stations/more.yaml", 15, "water_sources[1].code"),
        ("stations/more.yaml", 19, "water_sources[1].intake"),
    ],
    "files": [
        ("stations/files.yaml", 2, "outfalls[0].code"),
        ("stations/files.yaml", 4, "outfalls[0].kind"),
        ("stations/files.yaml", 5, "outfalls[0].receiving.into"),
        ("stations/files.yaml", 6, "outfalls[0].responsible.uscc"),
        ("stations/files.yaml", 7, "outfalls[0].permit"),
        ("stations/files.yaml", 12, "outfalls[0].measures[0].kind"),
        ("stations/files.yaml", 19, "outfalls[1].permit.limits.cod"),
        ("stations/files.yaml", 20, "outfalls[1].permit.limits.tp.day"),
        ("stations/files.yaml", 22, "water_sources[0]"),
        ("stations/files.yaml", 27, "water_sources[1]"),
        ("stations/files.yaml", 37, "water_sources[2].setting"),
        ("stations/files.yaml", 40, "water_sources[2].zones[0].grade"),
        ("stations/files.yaml", 44, "water_sources[2].monitors[0].velocity"),
    ],
    "numbers": [
        ("parameters.yaml", 2, "parameters.pm2_5"),
        ("parameters.yaml", 3, "parameters.o3.high"),
        ("parameters.yaml", 4, "parameters.no2.spike"),
        ("parameters.yaml", 5, "parameters.so2.flat"),
        ("stations/air.yaml", 2, "stations[0].lat"),
        ("stations/air.yaml", 2, "stations[0].lon"),
    ],
    "parts": [("parameters.yaml", 1, "")],
    "not-yaml": [
        ("areas.yaml", 3, ""),
        ("parameters.yaml", 3, "parameters.o3"),
        ("stations/air.yaml", 0, ""),
    ],
    "no-stations": [("stations", 0, "")],
    "durations-and-zones": [
        ("stations/air.yaml", 2, "stations[0].id"),
        ("stations/air.yaml", 9, "stations[0].interval"),
        ("stations/air.yaml", 10, "stations[0].lateness"),
        ("stations/air.yaml", 11, "stations[0].zone"),
    ],
    "service": [
        ("service.yaml", 2, "broker.port"),
        ("service.yaml", 3, "broker.client_id"),
        ("service.yaml", 4, "broker.password"),
        ("service.yaml", 5, "store"),
        ("service.yaml", 6, "quarantine.entries"),
        ("service.yaml", 7, "checkpoint_every"),
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_settings_bad_tree_says_everything_at_once(case: str) -> None:
    """File, line and path of each problem."""
    assert sorted(problems(case)) == sorted(CASES[case])


def test_settings_every_bad_tree_is_expected() -> None:
    """None is left untested."""
    assert {path.name for path in (TREES / "bad").iterdir() if (path / "areas.yaml").exists()} == set(CASES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("5m", timedelta(minutes=5)),
        ("5 min", timedelta(minutes=5)),
        ("1.5h", timedelta(minutes=90)),
        (" 3d ", timedelta(days=3)),
        (3600, 3600),
        ("PT1H", "PT1H"),
    ],
)
def test_duration_reads_what_people_write(text: object, expected: object) -> None:
    """Anything else is handed on."""
    assert duration(text) == expected


@pytest.mark.parametrize("text", ["h", "1e999d", "--5m", "x5m"])
def test_duration_that_is_none_is_refused(text: str) -> None:
    """With an example of one."""
    with pytest.raises(ValueError, match="like 90s, 5m, 1h, 3d"):
        duration(text)


def test_settings_secret_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not taken for an empty password; none named is none."""
    monkeypatch.delenv("CLEARWARN_TEST_PASSWORD", raising=False)
    with pytest.raises(SecretError, match="CLEARWARN_TEST_PASSWORD"):
        load_service(TREES / "good" / "two-files").broker.address()
    assert load_service(TREES / "good" / "smallest").broker.address().password is None
