"""What files of outfalls and water sources lack, and what the catalogue knows by them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingest.catalog import Catalog
from ingest.catalog.gaps import gaps
from ingest.settings import read_catalog
from tests.support.district import CONFIG, catalog_of

SHIPPED = catalog_of()


def changed(section: str, **changes: Any) -> Catalog:
    """The shipped catalogue with the first entry of a section changed; fields within a part by `part__field`."""
    plain = SHIPPED.model_dump()
    entry = plain[section][0]
    for path, value in changes.items():
        *parts, key = path.split("__")
        for part in parts:
            entry[part] = dict(entry[part])
        inner = entry
        for part in parts:
            inner = inner[part]
        inner[key] = value
    return Catalog.model_validate(plain)


def test_gaps_of_the_shipped_files_are_none() -> None:
    assert list(gaps(SHIPPED)) == []


@pytest.mark.parametrize(
    ("section", "changes", "place", "said"),
    [
        ("outfalls", {"responsible": None}, ("responsible",), "XL-0001: no responsible body 责任主体"),
        ("outfalls", {"responsible__uscc": None}, ("responsible", "uscc"), "XL-0001: no social credit code"),
        ("outfalls", {"permit": None}, ("permit",), "XL-0001: no permit"),
        ("outfalls", {"permit__expires": None}, ("permit", "expires"), "XL-0001: no end of the permit"),
        ("outfalls", {"receiving__protection_zone": "primary"}, ("receiving", "protection_zone"), "Water Law art. 64"),
        ("outfalls", {"lat": None}, ("lat",), "XL-0001: no latitude"),
        ("outfalls", {"inspections": ()}, ("inspections",), "XL-0001: no inspections"),
        ("outfalls", {"measures": ({"kind": "banned"},)}, ("measures", 0), "no date by which it is to be done"),
        (
            "outfalls",
            {"permit__limits": {"chl_a": {"day": 1}}},
            ("permit", "limits", "chl_a"),
            "none of its stations measures chl_a",
        ),
        ("water_sources", {"people": None}, ("people",), "SY-01: no people it serves"),
        (
            "water_sources",
            {"monitors": ({"station": "src-up-01", "distance_km": 1.0}, {"station": "src-up-02", "distance_km": 0.1})},
            ("monitors", 0, "velocity"),
            "no flow velocity from src-up-01",
        ),
    ],
)
def test_gap_names_entry_and_field(section: str, changes: dict[str, Any], place: tuple[Any, ...], said: str) -> None:
    """Each in the file's own words, for whoever has to fill it."""
    found = next(iter(gaps(changed(section, **changes))))
    assert found.place == (section, 0, *place)
    assert said in found.message


def test_gaps_of_a_part_that_is_missing_are_one() -> None:
    """Nobody is told that a permit which is not there has no end."""
    assert len(list(gaps(changed("outfalls", permit=None)))) == 1


def test_gaps_an_outfall_that_needs_no_permit_lacks_none() -> None:
    assert list(gaps(changed("outfalls", permit=None, kind="other"))) == []


def test_gaps_stations_without_a_file_are_named(tmp_path: Path) -> None:
    """With the line where the station stands."""
    folder = tmp_path
    (folder / "stations").mkdir()
    for name in ("parameters.yaml", "areas.yaml", "stations/sources.yaml"):
        (folder / name).write_text((CONFIG / name).read_text(encoding="utf-8").partition("water_sources:")[0], "utf-8")
    _, remarks = read_catalog(folder)
    assert [(one.line, one.path) for one in remarks][:2] == [(5, "stations[0].id"), (14, "stations[1].id")]
    assert "no water source names it" in remarks[0].message


def test_catalogue_knows_an_outfall_and_a_source_by_station() -> None:
    assert SHIPPED.outfall_of["out-03"].code == "XL-0003"
    assert SHIPPED.source_of["src-up-02"].code == SHIPPED.source_of["src-in-01"].code == "SY-01"
    intake, monitor = SHIPPED.monitors["src-up-01"]
    assert (intake, monitor.distance_km) == ("src-in-01", 9.6)
    limits = SHIPPED.limits_of("out-01")
    assert (limits["nh3_n"].day, limits["nh3_n"].cold_day, limits["nh3_n"].hourly) == (5, 8, 5)
    assert SHIPPED.limits_of("src-in-01") == {}
