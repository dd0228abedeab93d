"""`clearwarn catalog`: out to a spreadsheet and back, whole or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alerts.errors import ConfigurationError
from ingest.catalog_cli import catalog
from ingest.cli import config
from ingest.settings import load_catalog
from tests.support.district import CONFIG, FakeRoot


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped configuration."""
    shutil.copytree(CONFIG, tmp_path / "config")
    return tmp_path / "config"


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(catalog, arguments, obj=FakeRoot(config_dir=folder), catch_exceptions=True)


@pytest.mark.parametrize("what", ["outfalls", "sources"])
def test_import_of_what_was_exported_changes_nothing(folder: Path, what: str) -> None:
    """The stations above stay as they were, comments too."""
    table = folder.parent / "t.csv"
    before = load_catalog(folder)
    head = (folder / f"stations/{what}.yaml").read_text(encoding="utf-8").partition("\n\n")[0]
    assert run(folder, "export", what, str(table)).exit_code == 0
    assert table.read_bytes().startswith(b"\xef\xbb\xbf")
    found = json.loads(run(folder, "import", what, str(table), "--json").output)
    assert (found["added"], found["changed"], found["removed"], found["written"]) == ([], [], [], True)
    assert load_catalog(folder) == before
    assert (folder / f"stations/{what}.yaml").read_text(encoding="utf-8").startswith(head)


def test_import_says_what_changes_and_a_dry_run_writes_nothing(folder: Path) -> None:
    table = folder.parent / "t.csv"
    run(folder, "export", "outfalls", str(table))
    text = table.read_text(encoding="utf-8").replace("Food Park Outfall", 'Food "Park", 🐟').replace("XL-0008", "XL-9")
    text = text.replace('Food "Park", 🐟', '"Food ""Park"", 🐟"')
    table.write_text(text, encoding="utf-8")
    before = (folder / "stations/outfalls.yaml").read_bytes()
    refused = run(folder, "import", "outfalls", str(table))
    assert (refused.exit_code, "XL-0008" in refused.output) == (1, True)
    dry = run(folder, "import", "outfalls", str(table), "--remove", "--dry-run")
    assert "1 added, 1 changed, 1 removed" in dry.output
    assert (folder / "stations/outfalls.yaml").read_bytes() == before
    assert run(folder, "import", "outfalls", str(table), "--remove").exit_code == 0
    assert load_catalog(folder).outfalls[4].name.en == 'Food "Park", 🐟'
    assert load_catalog(folder).outfalls[7].code == "XL-9"


def test_import_says_everything_wrong_with_line_and_column_and_writes_nothing(folder: Path) -> None:
    """Lines as a spreadsheet's file has them: a cell may hold several."""
    table = folder.parent / "t.csv"
    table.write_text(
        "code,name.zh,name.en,kind,lon,permit.number,permit.limits[parameter|hour|day|cold_day]\n"
        'A,甲,"A\nB",industrial,x,1,cod||5\n'
        "B,乙,B,industrial,1,1,cod|1|2|3|4\n"
        "C,丙,C,industrial,1,1,cod|1\\ncod|2\n",
        encoding="utf-8",
    )
    before = (folder / "stations/outfalls.yaml").read_bytes()
    result = run(folder, "import", "outfalls", str(table))
    assert isinstance(result.exception, ConfigurationError)
    assert [(one.line, one.path.partition("[")[0]) for one in result.exception.problems] == [
        (2, "lon"),
        (4, "permit.limits"),
        (5, "permit.limits"),
    ]
    assert (folder / "stations/outfalls.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "there is no heading"),
        (b"code,colour\nA,red\n", "no such column"),
        (b"code,code\nA,B\n", "is there twice"),
        (b"code\nA,B\n", "2 cells under 1 headings"),
        ("code,name.zh\nA,甲\n".encode("gbk"), "is not UTF-8 at byte"),
        (b'code\n"A', "is not CSV"),
        ("code,name.zh,name.en,kind,stations[]\nA,甲,A,other,out-77\n".encode(), "no station 'out-77'"),
        ("code,name.zh,name.en,kind,stations[]\nA,甲,A,other,a|b\n".encode(), "one field a line, not 2"),
        (
            "code,name.zh,name.en,kind,permit.number,permit.limits[parameter|hour|day|cold_day]\n"
            'A,甲,A,other,1,"cod|1\ncod|2"\n'.encode(),
            "a parameter is there twice",
        ),
    ],
)
def test_import_refuses_what_it_cannot_read(folder: Path, body: bytes, said: str) -> None:
    table = folder.parent / "t.csv"
    table.write_bytes(body)
    result = run(folder, "import", "outfalls", str(table), "--remove")
    assert isinstance(result.exception, ConfigurationError)
    assert said in str(result.exception)


def test_import_goes_into_the_file_named_and_asks_where_two_have_the_section(folder: Path) -> None:
    table = folder.parent / "t.csv"
    run(folder, "export", "outfalls", str(table))
    (folder / "stations/more.yaml").write_text("outfalls: []\n", encoding="utf-8")
    result = run(folder, "import", "outfalls", str(table))
    assert (result.exit_code, "more.yaml, outfalls.yaml" in result.output) == (1, True)
    other = folder.parent / "other.yaml"
    assert run(folder, "import", "outfalls", str(table), "--into", str(other)).exit_code == 0
    assert other.read_text(encoding="utf-8").startswith("outfalls:\n  - code: XL-0001\n")


def test_config_check_names_gaps_as_remarks(folder: Path) -> None:
    """File, line, which field of which outfall; it is no error."""
    file = folder / "stations/outfalls.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("    sign: up\n", "", 1), encoding="utf-8")
    line = text[: text.index("- code: XL-0001")].count("\n") + 1
    said = CliRunner().invoke(config, ["check"], obj=FakeRoot(config_dir=folder))
    assert said.exit_code == 0
    assert f"remark 待补: {file}:{line}: outfalls[0].sign: XL-0001: no sign board 标识牌" in said.output
    plain = json.loads(CliRunner().invoke(config, ["check", "--json"], obj=FakeRoot(config_dir=folder)).output)
    assert [(one["line"], one["path"]) for one in plain["remarks"]] == [(line, "outfalls[0].sign")]
