"""What intake needs from outside. Adapters in `adapters/` supply it; the shell sees only these.

Each Protocol says who calls, what may block and what may be raised.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from ingest.bundle import Bundle, Heard
from ingest.flagged import Flagged, Refusal
from ingest.ledger import Account, Entry
from ingest.model import Delivery, Derived, Reading, StoredIndex
from ingest.points import Point, Told
from ingest.redrive import Chosen, Redrivable, Selection


class Clock(Protocol):
    """The service's clock. All judgements use it; network timeouts do not."""

    def now(self) -> datetime:
        """Aware UTC. Never blocks."""
        ...

    async def sleep_until(self, moment: datetime) -> None:
        """Returns when `now()` has reached `moment`, or earlier on a clock that jumped: callers look again."""
        ...


class Arrived(NamedTuple):
    """A message not yet in the log. `token` is the source's own; it settles by it."""

    topic: str
    payload: bytes
    token: object


class ReadingSource(Protocol):
    """Where deliveries come from. The pipeline calls; messages come in order and stay unsettled until `settle`."""

    async def receive(self) -> Sequence[Arrived]:
        """Everything that has arrived since the last call, at least one; waits for it."""
        ...

    def settle(self, batch: Sequence[Arrived]) -> None:
        """Tells the broker that these are in the log, in order. Does nothing for a connection that has gone:
        the broker sends those again, and they are duplicates. Never blocks, never raises.
        """
        ...


class IntakeLog(Protocol):
    """Every delivery in order of arrival, on disk. One task writes, others may read."""

    async def append(self, deliveries: Sequence[Delivery], flagged: Sequence[Flagged]) -> Sequence[Delivery]:
        """Writes both in one commit and returns the deliveries with their positions. Durable when it returns.

        Raises `LogUnavailableError`: then nothing of it is in the log. `LogFullError` where there is no room for
        deliveries; outcomes alone are written while the disk takes them, since they are what makes room.
        """
        ...

    async def skip(self, position: int) -> None:
        """The next delivery gets a position after that one. Raises `LogUnavailableError`."""
        ...

    async def read(self, after: int, limit: int) -> Sequence[Delivery]:
        """The next deliveries after that position, in order. Raises `LogUnavailableError`, as all that read do."""
        ...

    async def read_flagged(self, after: int, limit: int) -> Sequence[Flagged]:
        """The next outcomes after that position, in order; about `limit` of them."""
        ...

    async def delivery(self, position: int) -> Delivery | None:
        """One delivery as it came; None when retention has taken it."""
        ...

    @property
    def first(self) -> int:
        """Where the log begins: retention has taken all before that position; 1 where it has taken nothing."""
        ...

    @property
    def last(self) -> int:
        """Position of the newest delivery, or what was skipped to; 0 in an empty log."""
        ...

    @property
    def last_flagged(self) -> int:
        """Position of the newest outcome, or of what retention has taken; 0 where there is neither."""
        ...


class Retained(Protocol):
    """The same log, as its keeper sees it."""

    async def retain(self, done: int) -> bool:
        """Takes away what may go; everything up to the position `done` is stored, booked and checkpointed.

        Answers whether there is room for another segment. Raises `LogUnavailableError`.
        """
        ...

    async def crowded(self) -> None:
        """Returns when room becomes short."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReading:
    """One reading as the store has it."""

    instant: datetime
    value: float | None
    flag: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSeries:
    """The newest readings of one series, by instant. Those `worked_out` are indices of ours: no device sends them."""

    station: str
    parameter: str
    period: str
    readings: Sequence[StoredReading]
    worked_out: bool = False


class ReadingStore(Protocol):
    """Where readings are kept. The writer calls `write`, the console and a start without its past read."""

    async def write(self, batch: Sequence[Flagged]) -> None:
        """Stores the batch in its order; the same point again changes nothing, a later value for it wins.

        Durable when it returns. May be called again with the same batch. Raises the `StoreError`s: after
        `StoreRefusedError` nothing or the rest of the batch may be stored, and the caller tries without the refused.
        """
        ...

    async def write_ledger(self, entries: Mapping[Account, Entry]) -> None:
        """Stores these accounts as measurement `ledger`, one point each; written again, the newer counts stand.

        Durable when it returns. Never waits for a `write` of readings, nor holds one up for long. Raises the
        `StoreError`s; after `StoreRefusedError` (indexes in the order of `entries`) the rest is stored.
        """
        ...

    async def write_points(self, points: Sequence[Point]) -> None:
        """Stores points that are no readings; one written again changes nothing, with other fields these are taken.

        As `write_ledger` in all else; `StoreRefusedError` has indexes of `points`.
        """
        ...

    async def history(
        self, station: str, parameter: str, start: datetime, end: datetime, *, period: str | None = None
    ) -> Sequence[StoredReading]:
        """Readings of that span, both ends included, by instant. Raises `StoreUnavailableError`."""
        ...

    async def indices(
        self, subject: str, index: str, period: str, start: datetime, end: datetime
    ) -> Sequence[StoredIndex]:
        """An index of a station or an area in that span, both ends included, by instant: the last word on each.

        Raises `StoreUnavailableError`.
        """
        ...

    async def newest(
        self, stations: Sequence[str], start: datetime, end: datetime, *, most: int
    ) -> Sequence[StoredSeries]:
        """Of each series of those stations the newest readings of that span, at most `most`.

        Parameters of one station and period may be counted together, by instants. Raises `StoreUnavailableError`.
        """
        ...


class Evaluator(Protocol):
    """Rules, as the pipeline sees them: fed in line, journalled before anything is forgotten."""

    def derive(self, bundles: Sequence[Bundle], now: datetime) -> Sequence[Derived]:
        """The indices that a delivery's readings bring forth or revise, to be fed after them. Never blocks."""
        ...

    def feed(self, heard: Iterable[Heard], now: datetime) -> None:
        """Evaluates readings and indices, delivery by delivery. Never blocks."""
        ...

    def advance(self, now: datetime) -> None:
        """It is that late: what has become of those that said nothing. Never blocks."""
        ...

    def wake_at(self) -> datetime | None:
        """When `advance` is wanted next, if nothing comes before."""
        ...

    @property
    def pending(self) -> int:
        """Transitions found and not yet on disk."""
        ...

    async def commit(self) -> None:
        """Puts them on disk. Raises one of `unavailable` where it cannot now; they stay pending."""
        ...

    @property
    def unavailable(self) -> tuple[type[Exception], ...]:
        """What `commit` raises when it is worth trying again."""
        ...

    def lack_past(self) -> None:
        """What came before is not known, until `recall` brings it. What is found meanwhile says so."""
        ...

    def recall(
        self, stations: Iterable[str], past: Sequence[Reading], now: datetime, *, until: datetime, judged: bool
    ) -> Sequence[Derived]:
        """What these stations sent before. Up to `until` rules had `judged` it: that is no news. Never blocks.

        The indices that are news to the store; they are fed already.
        """
        ...

    def hush(self) -> None:
        """Drops what is pending: it was found in what was judged, and journalled, before."""
        ...

    def snapshot(self) -> Mapping[str, Any]:
        """Plain data for the checkpoint."""
        ...

    def restore(self, state: Mapping[str, Any]) -> None:
        """The state of a checkpoint."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """The past that walk and rules lack: what was measured up to then is in the store alone.

    `judged` where rules heard it in its time, so that it is no news; otherwise the journal knows nothing of it.
    """

    until: datetime
    judged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The state of walk, rules and fleet after the delivery at `position`: start-up goes on from there.

    Taken of a service it has iterators in it, which are gone through once and before anything else is walked.
    `owed` is the past that was still to be read back then.
    """

    position: int
    walk: Mapping[str, Any]
    rules: Mapping[str, Any]
    fleet: Mapping[str, Any]
    owed: Owed | None = None


class Checkpoints(Protocol):
    """Where the newest checkpoint is kept."""

    async def save(self, checkpoint: Checkpoint) -> None:
        """Replaces the one before, whole or not at all. Raises `OSError`."""
        ...

    async def load(self) -> Checkpoint | None:
        """The newest; None where there is none or it cannot be read: then the log is walked from its beginning."""
        ...


class Books(Protocol):
    """The ledger and quarantine: what was received and what became of it, booked once for each position.

    Every method raises `LogUnavailableError` where the file cannot be used now.
    """

    async def position(self, name: str) -> int:
        """Up to where `received` or `stored` is booked."""
        ...

    async def receive(self, batch: Sequence[Flagged], *, at_once: bool = True) -> None:
        """Books what came in; where not `at_once`, with what is booked or asked for next, at the latest."""
        ...

    async def settle(
        self, batch: Sequence[Flagged], deliveries: Mapping[int, Delivery], refused: Mapping[int, Sequence[Refusal]]
    ) -> None:
        """Books what became of it; refused readings go to quarantine with the bytes of their delivery."""
        ...


class LedgerBooks(Protocol):
    """The ledger, as whoever writes it to the store sees it. Every method raises `LogUnavailableError`."""

    async def unwritten(self, limit: int) -> Mapping[Account, Entry]:
        """The oldest accounts that changed since they were last `written`."""
        ...

    async def written(self, entries: Mapping[Account, Entry]) -> None:
        """The store has these. What has changed meanwhile stays unwritten."""
        ...


class Quarantine(Protocol):
    """What was refused, as whoever redrives it sees it. Every method raises `LogUnavailableError`."""

    async def chosen(self, selection: Selection) -> Chosen:
        """How much that is."""
        ...

    async def redrivable(self, selection: Selection, *, after: int, until: int, limit: int) -> Sequence[Redrivable]:
        """Deliveries first received at the positions after `after` and up to `until`, in order of arrival."""
        ...

    async def redriven(self, first: int, last: int) -> tuple[Entry, Mapping[str, int]]:
        """What came of the redrives at these positions: fates, and what is still refused by its reason."""
        ...


class Warned(Protocol):
    """What happened to warnings, as whoever writes it to the store sees it."""

    async def unstored(self, limit: int) -> tuple[Sequence[Told], int]:
        """The oldest events the store has not got, and the number to tell `stored`. Raises one of `unavailable`."""
        ...

    async def stored(self, upto: int) -> None:
        """The store has what `unstored` gave with that number. Raises one of `unavailable`."""
        ...

    def subscribe(self) -> AsyncIterator[int]:
        """Something each time there may be more."""
        ...

    @property
    def unavailable(self) -> tuple[type[Exception], ...]:
        """What they raise when it is worth trying again."""
        ...
