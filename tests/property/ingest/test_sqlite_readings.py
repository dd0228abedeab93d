"""Law: whatever order deliveries are written in, the last word on each instant holds, and every way to read says so."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import permutations
from pathlib import Path
from random import Random
from typing import NamedTuple
from unittest.mock import DEFAULT, Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters import sqlite_readings, sqlite_singles
from ingest.adapters.database import open_database
from ingest.adapters.sqlite_readings import ReadReadings, WrittenReadings
from ingest.adapters.sqlite_store import MIGRATIONS, SqliteStore
from ingest.bundle import Value, Values
from ingest.flagged import Flagged
from ingest.moments import to_micros
from ingest.ports import StoredReading
from tests.support.ingest import NOW, STATION, an_outcome

STATIONS, PERIODS, PARAMETERS = ("air-1", "air-2"), ("1m", "1h"), ("pm2_5", "o3", "no2")
INSTANTS = 6
VALUES = st.tuples(
    st.sampled_from(PARAMETERS),
    st.none() | st.integers(-4, 4).map(float) | st.floats(-1e12, 1e12),
    st.sampled_from([1, 3]),
    st.sampled_from(["", "spike"]),
)
GROUPS = st.tuples(
    st.sampled_from(PERIODS),
    st.integers(0, INSTANTS),
    st.lists(VALUES, min_size=1, max_size=3, unique_by=lambda value: value[0]),
)


class Series(NamedTuple):
    """As the store tells them apart."""

    station: str
    parameter: str
    period: str


@st.composite
def outcomes(draw: st.DrawFn) -> list[Flagged]:
    """In order of the log; some redrive one before them, and some say something of one instant twice."""
    found: list[Flagged] = []
    for position in range(1, draw(st.integers(1, 8)) + 1):
        groups = [
            (period, instant, Values.of(values)) for period, instant, values in draw(st.lists(GROUPS, max_size=3))
        ]
        item = an_outcome(position=position)._replace(account=draw(st.sampled_from(STATIONS)), groups=groups)
        original = draw(st.integers(0, position - 1))
        if original:
            item = item._replace(redrives=(original, None, (), ()))
        found.append(item)
    return found


def holding(written: list[Flagged]) -> dict[Series, dict[int, Value]]:
    """Worked out value by value: in order of arrival, and redrives after what they redrive."""
    found: dict[Series, dict[int, Value]] = {}
    for item in sorted(written, key=lambda item: (item.arrival, item.position)):
        for period, instant, values in item.groups:
            for value in values:
                found.setdefault(Series(item.account, value[0], period), {})[instant] = value
    return found


def plain(readings: list[StoredReading], parameter: str) -> dict[int, Value]:
    return {to_micros(one.instant): (parameter, one.value, one.flag, one.reason) for one in readings}


@given(
    written=outcomes(), mixed=st.randoms(use_true_random=False), first=st.integers(0, INSTANTS), most=st.integers(1, 4)
)
def test_last_word_holds(written: list[Flagged], mixed: Random, first: int, most: int) -> None:
    """In any order and again: history, the newest of each series, and the view for whoever looks into the file."""
    expected = holding(written)
    shuffled = [*written, *written[::2]]
    mixed.shuffle(shuffled)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript("".join(MIGRATIONS))
        writing, reading = WrittenReadings(connection), ReadReadings(connection)
        for item in shuffled:
            with writing.numbering():
                writing.put([item])
        writing = WrittenReadings(connection)  # another start
        writing.put(shuffled[:2])
        for of, values in expected.items():
            within = {at: value for at, value in sorted(values.items()) if first <= at <= INSTANTS}
            history = reading.history(of.station, of.parameter, first, INSTANTS, of.period)
            assert [*plain([*history], of.parameter).items()] == [*within.items()]
        for station in STATIONS:
            newest = {
                Series(station, one.parameter, one.period): plain([*one.readings], one.parameter)
                for one in reading.newest(station, first, INSTANTS, most)
            }
            said = {of: sorted(at for at in values if at >= first)[-most:] for of, values in expected.items()}
            assert newest == {
                of: {at: expected[of][at] for at in instants}
                for of, instants in said.items()
                if of.station == station and instants
            }
        view = (
            "SELECT station, parameter, period, instant, value, flag, reason FROM readings JOIN series ON id = series"
        )
        seen: dict[Series, dict[int, Value]] = {}
        for station, parameter, period, instant, *value in connection.execute(view):
            values = seen.setdefault(Series(station, parameter, period), {})
            assert instant not in values
            values[instant] = (parameter, *value)
        assert seen == expected


def test_layouts_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that names its parameters in another order each time: each has its number once, and few are held."""
    monkeypatch.setattr(sqlite_readings, "LAYOUTS", 3)
    monkeypatch.setattr(sqlite_readings, "_COMPLETE", 2)
    orders = [*permutations(PARAMETERS)] * 2
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript("".join(MIGRATIONS))
        writing, reading = WrittenReadings(connection), ReadReadings(connection)
        for position, names in enumerate(orders, 1):
            said = Values.of([(name, float(position), 1, "") for name in names])
            writing.put([an_outcome(position=position, groups=[("1h", position, said)])])
            assert len(writing._named.layouts) <= 3
            assert len(writing._named.complete) <= 2
        (numbers,) = connection.execute("SELECT count(*) FROM layouts").fetchone()
        assert numbers == 6
        found = reading.history(STATION, "o3", 0, len(orders), "1h")
        assert [one.value for one in found] == [float(position) for position in range(1, len(orders) + 1)]
        assert len(reading._layouts) <= 3


def test_what_an_earlier_version_kept_is_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Value by value then: late ones, none, flagged ones; to the last digit, days after days."""
    monkeypatch.setattr(sqlite_singles, "_DAYS", 60)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript("".join(MIGRATIONS[:-1]))
        series = [(1, "air-1", "air", "pm2_5", "1h"), (2, "air-1", "air", "o3", "1h"), (3, "air-1", "air", "o3", "1m")]
        connection.executemany("INSERT INTO series VALUES (?, ?, ?, ?, ?)", series)
        kept = [
            (1, 60, 0.1 + 0.2, 1, "", 70, 5),
            (1, 120, None, 9, "", 130, 6),
            (2, 60, 1e-7, 3, "spike", 70, 5),
            (2, 120, -2.0, 1, "", 140, 8),
            (3, 60, 1 / 3, 1, "", 70, 5),
        ]
        connection.executemany("INSERT INTO readings VALUES (?, ?, ?, ?, ?, ?, ?)", kept)
        connection.executescript(MIGRATIONS[-1])
        writing = WrittenReadings(connection)
        ending = Mock(wraps=sqlite_singles._outcomes, side_effect=[DEFAULT, DEFAULT, OSError("pulled the plug")])
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(sqlite_singles, "_outcomes", ending)
            with pytest.raises(OSError, match="plug"):
                sqlite_singles.move(connection, writing)
        (left,) = connection.execute("SELECT count(*) FROM singles").fetchone()
        assert 0 < left < len(kept)
        writing = WrittenReadings(connection)  # another start
        sqlite_singles.move(connection, writing)
        assert connection.execute("SELECT * FROM readings ORDER BY series, instant").fetchall() == kept
        sqlite_singles.move(connection, writing)  # as at each start
        (rows,) = connection.execute("SELECT count(*) FROM bundles").fetchone()
        assert rows == 4  # what came together is together
        found = ReadReadings(connection).history("air-1", "o3", 0, 200, None)
        assert [(one.value, one.flag, one.reason) for one in found] == [
            (1e-7, 3, "spike"),
            (1 / 3, 1, ""),
            (-2.0, 1, ""),
        ]
        writing.put(
            [an_outcome(position=7)._replace(account="air-1", groups=[("1h", 120, Values.of([("o3", 9.0, 1, "")]))])]
        )
        now = connection.execute("SELECT value FROM readings WHERE series = 2 AND instant = 120").fetchall()
        assert now == [(-2.0,)]  # position 8 was later


async def test_store_moves_what_an_earlier_version_kept(tmp_path: Path) -> None:
    """When it is opened; and again, when there is nothing left to move."""
    path = tmp_path / "readings.db"
    with closing(open_database(path, MIGRATIONS[:-1])) as earlier:
        earlier.execute("INSERT INTO series VALUES (1, 'air-1', 'air', 'pm2_5', '1h')")
        earlier.execute("INSERT INTO readings VALUES (1, ?, ?, 1, '', 70, 5)", (to_micros(NOW), 0.1 + 0.2))
    for _ in range(2):
        async with SqliteStore(path=path) as store:
            (found,) = await store.history("air-1", "pm2_5", NOW, NOW)
            assert found == StoredReading(instant=NOW, value=0.1 + 0.2, flag=1, reason="")
