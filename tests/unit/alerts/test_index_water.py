"""`clearwarn index water`: a file of samples in, a class a row out."""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alerts.errors import UnusableFileError
from alerts.indexing.water_cli import Setting, water
from alerts.standards.water import Body, Zone
from tests.support.recorded import recorded
from tests.support.reference_water import ReferenceStandard
from tests.support.rules import CONFIG


@dataclass(frozen=True)
class RootOfTwo:
    """A primary zone's intake on a river, and a rural reservoir; other stations are not known."""

    config_dir: Path = CONFIG

    def water_settings(self) -> dict[str, Setting]:
        return {
            "in": Setting(body=Body.RIVER, zone=Zone.PRIMARY, group="urban", source="S1"),
            "res": Setting(body=Body.LAKE, zone=Zone.NONE, group="rural", source="S2"),
        }


def run(*arguments: str) -> Result:
    return CliRunner().invoke(water, arguments, obj=RootOfTwo())


def indexed(tmp_path: Path, text: str, *arguments: str) -> list[str]:
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    result = run("--from", str(tmp_path / "in.csv"), "--to", str(tmp_path / "out.csv"), *arguments)
    assert result.exit_code == 0, result.output
    return (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()


def test_index_water_gives_a_row_a_sample(tmp_path: Path) -> None:
    """In the file's order, times as they stand; the zone decides what is wanted."""
    rows = indexed(
        tmp_path,
        "station,time,nh3_n_mgl,do,TP_ug/L,colour\n"
        "in,2026-04-01T08:00:00+08:00,0.9,7,20,x\n"
        "other,2026-04-01T08:00:00+08:00,0.9,7,20,x\n"
        "res,2026-04-02,0.1,8,30,x\n"
        "res,2026-04-03,<0.1,,0.01L,x\n"
        "in,2026-04-03,,,,x\n",
    )
    assert rows == [
        "station,time,class,decisive,compliant,missing",
        "in,2026-04-01T08:00:00+08:00,III,nh3_n,no,",
        "other,2026-04-01T08:00:00+08:00,III,nh3_n,yes,",
        "res,2026-04-02,III,tp,yes,",
        "res,2026-04-03,I,,yes,do",
        "in,2026-04-03,,,,do;nh3_n;tp",
    ]


def test_index_water_counts_what_it_cannot_use(tmp_path: Path) -> None:
    """`<7` of oxygen says nothing: less is worse there."""
    (tmp_path / "in.csv").write_text(
        "station,month,nh3_n,do\na,2026-04,x,<7\na,2026-04,-1,1e400\n,2026-04,1,1\na,2026-04,1_0,5\n", encoding="utf-8"
    )
    result = run("--from", str(tmp_path / "in.csv"), "--to", str(tmp_path / "out.csv"), "--json")
    found = json.loads(result.stdout)
    assert found["refused"] == {"not a number": 4, "negative": 1, "no station or time": 1}
    assert found["counts"] == {"none": 2, "compliant unknown": 2, "III": 1, "compliant yes": 1}


def test_index_water_monthly_rates(tmp_path: Path) -> None:
    """By source and group, each held against its group's target."""
    indexed(
        tmp_path,
        "station,time,nh3_n\nin,2026-04-01,0.4\nin,2026-04-02,0.9\nres,2026-04-01,0.9\nx,2026-05-01,3\n",
        "--monthly",
        str(tmp_path / "m.csv"),
    )
    assert (tmp_path / "m.csv").read_text(encoding="utf-8").splitlines() == [
        "month,group,source,compliant,samples,rate,target,met",
        "2026-04,rural,S2,1,1,100.0,95,yes",
        "2026-04,rural,(group),1,1,100.0,95,yes",
        "2026-04,urban,S1,1,2,50.0,100,no",
        "2026-04,urban,(group),1,2,50.0,100,no",
        "2026-05,urban,x,0,1,0.0,100,no",
        "2026-05,urban,(group),0,1,0.0,100,no",
    ]


def test_index_water_of_the_sea_and_of_a_class_named(tmp_path: Path) -> None:
    rows = indexed(tmp_path, "station,time,do\na,2026-04-01,4.5\n", "--standard", "gb3097", "--class", "3")
    assert rows[1] == "a,2026-04-01,3,do,yes,"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no column is named station"),
        (b"station,value\n", "no column is named time"),
        (b"station,time,colour\n", "no column is an item of the standard"),
        (b"station,time,ph\n\xff\xfe,1,1\n", "is not UTF-8: "),
    ],
)
def test_index_water_refuses_a_file_it_cannot_read_and_writes_nothing(tmp_path: Path, body: bytes, said: str) -> None:
    (tmp_path / "in.csv").write_bytes(body)
    result = run("--from", str(tmp_path / "in.csv"), "--to", str(tmp_path / "out.csv"))
    assert isinstance(result.exception, UnusableFileError)
    assert said in str(result.exception)
    assert [file.name for file in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--class", "VI"], "has I, II, III, IV, V"), (["--group", "x"], "there are urban, rural")],
)
def test_index_water_refuses_what_there_is_not(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "in.csv").write_text("station,time,ph\n", encoding="utf-8")
    result = run("--from", str(tmp_path / "in.csv"), "--to", str(tmp_path / "out.csv"), *arguments)
    assert (result.exit_code, said in result.output) == (2, True)
    same = run("--from", str(tmp_path / "in.csv"), "--to", str(tmp_path / "in.csv"))
    assert (same.exit_code, "is the file of --from" in same.output) == (2, True)


def test_index_water_of_lake_taihu_is_that_of_a_second_reading(tmp_path: Path) -> None:
    """480 real samples: class, decisive items and compliance by code that shares nothing."""
    file = recorded("water_taihu_monthly_200701_201112.csv.gz")
    result = run("--from", str(file), "--to", str(tmp_path / "out.csv"), "--body", "lake")
    assert result.exit_code == 0
    reference = ReferenceStandard(CONFIG / "standards/gb3838_2002.yaml")
    columns = {"do_mgl": "do", "ph": "ph", "nh3_n_mgl": "nh3_n", "cod_mgl": "cod", "tp_mgl": "tp", "tn_mgl": "tn"}
    with gzip.open(file, "rt", encoding="utf-8") as samples, (tmp_path / "out.csv").open(encoding="utf-8") as out:
        pairs = list(zip(csv.DictReader(samples), csv.DictReader(out), strict=True))
    assert len(pairs) == 480
    for sample, row in pairs:
        values = {key: sample[name] for name, key in columns.items() if sample[name]}
        worst, decisive = reference.section(values, lake=True)
        kept = reference.keeps(values, "III", lake=True)
        assert (row["class"], row["decisive"]) == (worst or "", ";".join(decisive))
        assert row["compliant"] == {True: "yes", False: "no", None: ""}[kept]
        assert (row["station"], row["time"]) == (sample["station"], sample["month"])
