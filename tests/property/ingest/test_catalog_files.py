"""Laws of files as tables: what is exported and taken back is the same, and so is what a spreadsheet's file becomes."""

from __future__ import annotations

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.catalog import Outfall, WaterSource
from ingest.catalog.cells import read_cell, write_cell
from ingest.catalog.section import replaced, written
from ingest.catalog.table import Table, TableError, Wrong
from tests.support.drawn_files import OUTFALLS, TEXTS, water_sources

FIELDS = st.one_of(TEXTS, st.just(""))
RECORDS = st.lists(st.tuples(TEXTS, FIELDS, FIELDS).map(list), max_size=4)
OUTFALL_TABLE, SOURCE_TABLE = Table(Outfall), Table(WaterSource)


@settings(max_examples=60)
@given(records=RECORDS)
def test_cells_read_what_was_written(records: list[list[str]]) -> None:
    assert read_cell(write_cell(records)) == records


@settings(max_examples=60)
@given(outfalls=st.lists(OUTFALLS, max_size=3))
def test_table_of_outfalls_round_trips(outfalls: list[Outfall]) -> None:
    """import(export(x)) == x, and export(import(csv)) == csv."""
    text = OUTFALL_TABLE.write(outfalls)
    read = OUTFALL_TABLE.read(text)
    assert list(read) == outfalls
    assert OUTFALL_TABLE.write(read) == text


@settings(max_examples=60)
@given(sources=st.lists(water_sources(), max_size=3))
def test_table_of_water_sources_round_trips(sources: list[WaterSource]) -> None:
    text = SOURCE_TABLE.write(sources)
    read = SOURCE_TABLE.read(text)
    assert list(read) == sources
    assert SOURCE_TABLE.write(read) == text


@settings(max_examples=60)
@given(outfalls=st.lists(OUTFALLS, max_size=2), sources=st.lists(water_sources(), max_size=2))
def test_section_is_read_back_and_the_rest_of_the_file_stays(
    outfalls: list[Outfall], sources: list[WaterSource]
) -> None:
    """Whichever of the two is written first; comments outside stay."""
    text = (
        "# of the file\nstations: []\n\n# of the outfalls\noutfalls:\n- {old: 1}\n# inside\n\n# of the end\nlast: 1\n"
    )
    text = replaced(replaced(text, "water_sources", sources), "outfalls", outfalls)
    document = yaml.safe_load(text)
    assert [Outfall.model_validate(one) for one in document["outfalls"]] == outfalls
    assert [WaterSource.model_validate(one) for one in document["water_sources"]] == sources
    assert (document["stations"], document["last"]) == ([], 1)
    for comment in ("# of the file\n", "# of the outfalls\n", "\n# of the end\nlast: 1\n"):
        assert comment in text
    assert written("outfalls", outfalls) in text


@settings(max_examples=60)
@given(text=st.text(max_size=200) | st.lists(TEXTS).map(",".join).map(lambda row: f"code,name.zh,kind\r\n{row}"))
def test_table_reads_or_says_what_is_wrong(text: str) -> None:
    """Whatever the file is: entries, or problems with their lines."""
    try:
        wrongs = [Wrong(1, "", "") for _ in OUTFALL_TABLE.read(text)][:0]
    except TableError as error:
        wrongs = list(error.wrongs) or [Wrong(0, "", "")]
    assert all(wrong.line >= 1 and wrong.message for wrong in wrongs)
