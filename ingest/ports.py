"""What intake needs from outside. Adapters in `adapters/` supply it; the shell sees only these.

Each Protocol says who calls, what may block and what may be raised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from ingest.flagged import Flagged, Refusal
from ingest.model import Delivery, Reading


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

        Raises `LogUnavailableError`: then nothing of it is in the log.
        """
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
    def last(self) -> int:
        """Position of the newest delivery; 0 in an empty log."""
        ...

    @property
    def last_flagged(self) -> int:
        """Position of the newest outcome; 0 where there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReading:
    """One reading as the store has it."""

    instant: datetime
    value: float | None
    flag: int
    reason: str


class ReadingStore(Protocol):
    """Where readings are kept. The writer calls `write`, the console reads."""

    async def write(self, batch: Sequence[Flagged]) -> None:
        """Stores the batch in its order; the same point again changes nothing, a later value for it wins.

        Durable when it returns. May be called again with the same batch. Raises the `StoreError`s: after
        `StoreRefusedError` nothing or the rest of the batch may be stored, and the caller tries without the refused.
        """
        ...

    async def history(
        self, station: str, parameter: str, start: datetime, end: datetime, *, period: str | None = None
    ) -> Sequence[StoredReading]:
        """Readings of that span, both ends included, by instant. Raises `StoreUnavailableError`."""
        ...


class Evaluator(Protocol):
    """Rules, as the pipeline sees them: fed in line, journalled before anything is forgotten."""

    def feed(self, readings: Iterable[Reading], now: datetime) -> None:
        """Evaluates. Never blocks."""
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

    def snapshot(self) -> Mapping[str, Any]:
        """Plain data for the checkpoint."""
        ...

    def restore(self, state: Mapping[str, Any]) -> None:
        """The state of a checkpoint."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The state of walk, rules and fleet after the delivery at `position`: start-up goes on from there."""

    position: int
    walk: Mapping[str, Any]
    rules: Mapping[str, Any]
    fleet: Mapping[str, Any]


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

    async def receive(self, batch: Sequence[Flagged]) -> None:
        """Books what came in."""
        ...

    async def settle(
        self, batch: Sequence[Flagged], deliveries: Mapping[int, Delivery], refused: Mapping[int, Sequence[Refusal]]
    ) -> None:
        """Books what became of it; refused readings go to quarantine with the bytes of their delivery."""
        ...
