"""Rows written many at once."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from ingest.adapters.database import open_database, transaction, write_rows

TABLE = "CREATE TABLE a (x INTEGER PRIMARY KEY, y TEXT);"
UPSERT = "INSERT INTO a VALUES {row} ON CONFLICT DO UPDATE SET y = excluded.y"


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 255, 256, 257, 600])
def test_rows_are_all_written_once(tmp_path: Path, count: int) -> None:
    """However many there are."""
    rows = [(number, str(number)) for number in range(count)]
    with closing(open_database(tmp_path / "a.db", [TABLE])) as database:
        with transaction(database):
            write_rows(database, UPSERT, rows)
        assert database.execute("SELECT x, y FROM a ORDER BY x").fetchall() == rows


def test_rows_take_effect_in_their_order(tmp_path: Path) -> None:
    """The later of two for one key wins, within one statement too."""
    rows = [(number % 3, str(number)) for number in range(20)]
    with closing(open_database(tmp_path / "a.db", [TABLE])) as database:
        with transaction(database):
            write_rows(database, UPSERT, rows)
        assert database.execute("SELECT x, y FROM a ORDER BY x").fetchall() == [(0, "18"), (1, "19"), (2, "17")]
