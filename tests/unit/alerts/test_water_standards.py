"""GB 3838 by examples, GB 3097 as far as it is known, and what is wrong with a file of a standard."""

from __future__ import annotations

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from alerts.errors import ConfigurationError
from alerts.standards.compliance import Judged, monthly
from alerts.standards.water import Body, WaterReport, Zone
from alerts.standards.water_files import load_water_standards
from tests.support.recorded import noted
from tests.support.rules import CONFIG

STANDARDS = load_water_standards(CONFIG / "standards")
SURFACE, SEA = STANDARDS.surface, STANDARDS.sea
GOOD = {"ph": 7.2, "do": 8.0, "codmn": 1.8, "nh3_n": 0.1, "tp": 0.02}


def judged(
    values: dict[str, float] | None = None, *, body: Body = Body.RIVER, zone: Zone = Zone.NONE, source: bool = True
) -> WaterReport:
    values = values or {}
    return SURFACE.judge(GOOD | values, body=body, target=SURFACE.targets[zone], source=source)


@pytest.mark.parametrize(
    ("values", "name", "decisive"),
    [
        ({}, "I", ()),
        ({"nh3_n": 0.5}, "II", ("nh3_n",)),
        ({"nh3_n": 0.500001}, "III", ("nh3_n",)),
        ({"do": 5.0, "codmn": 5.0}, "III", ("do", "codmn")),
        ({"do": 1.99}, "劣V", ("do",)),
        ({"ph": 9.0}, "I", ()),
        ({"ph": 9.01}, "劣V", ("ph",)),
        ({"tn": 9.0, "temp": 31.0, "fecal_coliform": 1e6}, "I", ()),
        ({"hg": 0.00005}, "I", ()),
        ({"hg": 0.000051}, "III", ("hg",)),
    ],
)
def test_class_of_a_river(values: dict[str, float], name: str, decisive: tuple[str, ...]) -> None:
    """Limits belong to the better class; what the method leaves out decides nothing."""
    report = judged(values)
    assert report.rank is not None
    assert (SURFACE.name(report.rank), report.decisive) == (name, decisive)


def test_class_of_a_lake_has_its_own_phosphorus_and_says_nitrogen() -> None:
    """TN has a class in lakes alone, and is left out of the whole there too."""
    lake, river = (judged({"tp": 0.05, "tn": 1.2}, body=body) for body in (Body.LAKE, Body.RIVER))
    assert (lake.rank, lake.decisive, lake.ranks["tn"]) == (2, ("tp",), 3)
    assert (river.rank, "tn" in river.ranks) == (1, False)


def test_compliance_is_class_iii_and_in_a_primary_zone_class_ii() -> None:
    assert judged({"nh3_n": 0.9}).compliant is True
    assert judged({"nh3_n": 0.9}, zone=Zone.SECONDARY).compliant is True
    primary = judged({"nh3_n": 0.9}, zone=Zone.PRIMARY)
    assert primary.compliant is False
    assert [(one.key, one.rank, round(one.multiple or 0, 6)) for one in primary.exceeded] == [("nh3_n", 2, 0.8)]


def test_supplementary_items_count_for_sources_alone() -> None:
    """They have a limit and no class: 250 keeps it, more does not."""
    assert judged({"sulfate": 250.0}).compliant is True
    report = judged({"sulfate": 260.0})
    assert (report.rank, report.compliant) == (0, False)
    assert [(one.key, round(one.multiple or 0, 6)) for one in report.exceeded] == [("sulfate", 0.04)]
    assert judged({"sulfate": 260.0}, source=False).compliant is True


def test_multiple_is_not_said_of_oxygen_and_ph() -> None:
    report = judged({"do": 3.5, "ph": 9.5, "codmn": 12.0})
    assert {one.key: one.multiple for one in report.exceeded} == {"do": None, "ph": None, "codmn": 1.0}


def test_missing_is_what_the_class_wants_and_nobody_measured() -> None:
    """Not the items it leaves out, nor a lake's in a river."""
    missing = judged().missing
    assert {"cod", "bod5", "hg"} <= set(missing)
    assert not {"ph", "tn", "temp", "fecal_coliform"} & set(missing)
    nothing = SURFACE.judge({}, body=Body.RIVER, target=2, source=True, wanted=("ph",))
    assert (nothing.rank, nothing.compliant, nothing.missing) == (None, None, ("ph",))


def test_sea_water_of_unknown_limits_is_of_no_class() -> None:
    """The notes give pH for classes 1 and 2 alone: 7.5 is neither, and which of the others is not known."""
    assert SEA.verified == "no"
    report = SEA.judge({"ph": 7.5, "do": 5.0}, body=Body.RIVER, target=1, source=False)
    assert (report.ranks, report.rank, report.missing[0]) == ({"do": 2}, 2, "ph")
    assert SEA.judge({"ph": 8.0, "do": 6.1}, body=Body.RIVER, target=1, source=False).rank == 0


def test_surface_table_is_that_of_the_notes() -> None:
    """Every number; only keys are called as our parameters are."""
    renamed = {"water_temp": "temp", "nh3n": "nh3_n"}
    theirs, ours = (
        yaml.safe_load(file.read_text(encoding="utf-8"))
        for file in (noted("gb3838_2002.yaml"), CONFIG / "standards/gb3838_2002.yaml")
    )
    for section in ("table1", "table2_drinking_source_supplementary"):
        for noted_row, row in zip(theirs[section], ours[section], strict=True):
            noted_row["key"] = renamed.get(noted_row["key"], noted_row["key"])
            for key in ("key", "direction", "classes", "classes_lake_reservoir", "applies_to", "limit"):
                assert noted_row.get(key) == row.get(key), (row["key"], key)


def test_rural_sources_have_a_target_of_their_own() -> None:
    """19 of 20 are enough for them, and not for a town's."""
    rows = [
        Judged(group, f"{group}-{number % 2}", "2026-04", compliant=number > 0)
        for group in ("rural", "urban")
        for number in range(20)
    ]
    rates = {(one.group, one.source): one for one in monthly(rows, STANDARDS.compliance)}
    assert (rates["rural", ""].per_cent, rates["rural", ""].met, rates["urban", ""].met) == (Fraction(95), True, False)
    assert rates["rural", "rural-1"].met is True


def test_compliance_by_water_taken() -> None:
    """The formula is a setting: 90 of 100 m3 keep the class."""
    rows = [Judged("urban", "a", "2026-04", True, 90.0), Judged("urban", "a", "2026-04", False, 10.0)]
    by_volume = monthly(rows, replace(STANDARDS.compliance, formula="volume"))
    assert [one.per_cent for one in by_volume] == [Fraction(90), Fraction(90)]
    assert monthly(rows[:0], STANDARDS.compliance) == []
    dry = [row._replace(volume=0.0) for row in rows]
    assert [one.met for one in monthly(dry, replace(STANDARDS.compliance, formula="volume"))] == [None, None]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("classes: [2, 4, 6, 10, 15]", "classes: [2, 6, 4, 10, 15]", "from the strictest to the mildest"),
        ("classes: [2, 4, 6, 10, 15]", "classes: [2, 4, 6, 10]", "4 limits for 5 classes"),
        ("classes: [2, 4, 6, 10, 15]", "classes: [[2, 3], 4, 6, 10, 15]", "pairs for `range`"),
        ("classes: [2, 4, 6, 10, 15]", "classes: null", "null for `special`"),
        ("primary: II,", "primary: VI,", "no class 'VI'"),
        ("unit_default: mg/L", "unit_default: g/L", "unit_default"),
    ],
)
def test_table_that_cannot_be_right_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    shutil.copytree(CONFIG / "standards", tmp_path / "standards")
    file = tmp_path / "standards/gb3838_2002.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=said):
        load_water_standards(tmp_path / "standards")
