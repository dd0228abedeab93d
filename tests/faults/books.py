"""What a data folder says became of everything, read from outside, past the service."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ingest.model import Delivery
from ingest.moments import EPOCH
from tests.faults.stream import Point
from tests.support.influx import Influx


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Of one account, in readings."""

    received: int
    stored: int
    duplicate: int
    quarantined: int

    @property
    def waiting(self) -> int:
        return self.received - self.stored - self.duplicate - self.quarantined

    def __add__(self, other: Ledger) -> Ledger:
        return Ledger(
            received=self.received + other.received,
            stored=self.stored + other.stored,
            duplicate=self.duplicate + other.duplicate,
            quarantined=self.quarantined + other.quarantined,
        )


NOTHING = Ledger(received=0, stored=0, duplicate=0, quarantined=0)


@dataclass(frozen=True, slots=True)
class Books:
    """One data folder."""

    data: Path

    def ledger(self) -> Mapping[tuple[str, int], Ledger]:
        """By station and hour."""
        query = "SELECT station, hour, received, stored, duplicate, quarantined FROM ledger"
        with _opened(self.data / "books.db") as books:
            return {
                (station, hour): Ledger(received=got, stored=stored, duplicate=duplicate, quarantined=quarantined)
                for station, hour, got, stored, duplicate, quarantined in books.execute(query)
            }

    def total(self) -> Ledger:
        """All accounts."""
        return sum(self.ledger().values(), NOTHING)

    def quarantined(self) -> Counter[str]:
        """Readings in quarantine by reason, counted in its own table."""
        with _opened(self.data / "books.db") as books:
            return Counter(dict(books.execute("SELECT reason, sum(count) FROM quarantine GROUP BY reason")))

    def kept_whole(self, station: str) -> int:
        """Entries of quarantine within that station's quota."""
        query = "SELECT count(*) FROM quarantine WHERE station = ? AND NOT over_quota"
        with _opened(self.data / "books.db") as books:
            return int(books.execute(query, (station,)).fetchone()[0])

    def logged(self) -> int:
        """Different deliveries in the intake log."""
        payloads: set[bytes] = set()
        for file in self._segments():
            with _opened(file) as segment:
                payloads.update(payload for (payload,) in segment.execute("SELECT payload FROM deliveries"))
        return len(payloads)

    def deliveries(self) -> Iterator[Delivery]:
        """The intake log, in order, as it was received."""
        query = "SELECT position, received_at, topic, payload FROM deliveries ORDER BY position"
        for file in self._segments():
            with _opened(file) as segment:
                for position, received_at, topic, payload in segment.execute(query):
                    yield Delivery(topic, payload, EPOCH + timedelta(microseconds=received_at), position)

    def _segments(self) -> list[Path]:
        return sorted((self.data / "intake").glob("[0-9]*.db"))

    def transitions(self) -> set[str]:
        """Ids."""
        with _opened(self.data / "state.db") as state:
            return {id_ for (id_,) in state.execute("SELECT id FROM transitions")}

    def warnings(self) -> set[str]:
        """Ids."""
        with _opened(self.data / "state.db") as state:
            return {id_ for (id_,) in state.execute("SELECT id FROM warnings")}

    def outbox(self) -> Mapping[str, str]:
        """Key -> state."""
        with _opened(self.data / "state.db") as state:
            return dict(state.execute("SELECT key, state FROM notifications"))

    def uncertain(self) -> set[str]:
        """Keys with an attempt of unknown outcome."""
        with _opened(self.data / "state.db") as state:
            return {key for (key,) in state.execute("SELECT key FROM notifications WHERE uncertain > 0")}

    def points(self) -> list[tuple[Point, float | None]]:
        """Every row of the embedded store; of one point there may be one only, but that is what is asked."""
        query = "SELECT station, parameter, instant, value FROM readings JOIN series ON series.id = series"
        with _opened(self.data / "readings.db") as store:
            return [(Point(*place), value) for *place, value in store.execute(query)]


def influx_points(server: Influx) -> list[tuple[Point, float | None]]:
    """Every value of measurement `source`, as the database gives it."""
    found: list[tuple[Point, float | None]] = []
    for row in server.ask("SELECT * FROM source"):
        for name, value in row.items():
            if name.endswith("_flag") and value is not None:
                parameter = name.removesuffix("_flag")
                found.append((Point(row["station"], parameter, row["time"]), row[parameter]))
    return found


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    """For reading. Raises `sqlite3.Error` where the service has not made it yet."""
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as database:
        yield database
