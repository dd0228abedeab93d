"""What became of a delivery, in the form that goes on to the store: the second column of the intake log. Pure.

Plain tuples and lists inside, so that a batch is encoded and decoded by one call in C. Times are microseconds since
1970, UTC. Deciding nothing, it can be worked out again from the deliveries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson

Value = tuple[str, float | None, int, str]  # parameter, value, flag, reason
Group = tuple[str, int, list[Value]]  # period, instant, values: one point of the store
Corrected = tuple[str, str, int, float | None]  # parameter, period, instant, the first value
Refusal = tuple[str, str, str | None, int]  # reason, detail, parameter, count


class Flagged(NamedTuple):
    """One delivery after the walk. `received` = values in `groups` + `duplicates` + counts of `refusals`."""

    position: int
    account: str  # the ledger's: a station, or `_unknown`
    kind: str
    received_at: int
    received: int
    duplicates: int
    groups: Sequence[Group]
    corrected: Sequence[Corrected]
    refusals: Sequence[Refusal]


def encode(batch: Iterable[Flagged]) -> bytes:
    """The batch as bytes."""
    return orjson.dumps([tuple(item) for item in batch])


def decode(data: bytes) -> list[Flagged]:
    """The batch in those bytes; lists where `encode` was given tuples."""
    return [*map(Flagged._make, orjson.loads(data))]
