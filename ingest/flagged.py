"""What became of a delivery, in the form that goes on to the store: the second column of the intake log. Pure.

Plain tuples and lists inside, so that a batch is encoded and decoded by one call in C. Times are microseconds since
1970, UTC. Deciding nothing, it can be worked out again from the deliveries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import starmap
from typing import Any, NamedTuple

import orjson

from ingest.bundle import Values

Group = tuple[str, int, Values]  # period, instant, values: one point of the store
Corrected = tuple[str, str, int, float | None]  # parameter, period, instant, the first value
Refusal = tuple[str, str, str | None, int]  # reason, detail, parameter, count
# Original position, parameters or all; of the values a later word stands, or an earlier redrive brought the same.
Redriven = tuple[int, Sequence[str] | None, Sequence[str], Sequence[str]]


class Summary(NamedTuple):
    """How much of what was due in a station's slot (an hour, or its interval) has come, and how.

    `shares`: of use per due, 0 to 1, by parameter. `counts`: readings by flag, in the order of `model.Flag`. `lateness`
    is the greatest, `skew` the least time in seconds from an instant to its receipt: negative where the device's clock
    is ahead; None where nothing came. `revision` counts from 0.
    """

    station: str
    end: int  # microseconds: the instant of the slot
    shares: Mapping[str, float]
    counts: Sequence[int]
    lateness: int | None
    skew: int | None
    revision: int

    @property
    def completeness(self) -> float:
        """Of the station: the mean of its parameters', 0 to 1."""
        return sum(self.shares.values()) / len(self.shares)


class Index(NamedTuple):
    """An index that a delivery brought forth or revised: a point of the store, and none of the ledger's readings."""

    subject: str  # a station or an area
    name: str
    period: str
    instant: int
    value: float | None  # None: what was said before holds no more
    flag: int
    revision: int
    have: int
    of: int
    missing: str
    edition: str
    primary: str

    @property
    def point(self) -> tuple[str, str, str, int]:
        """What a later word on it replaces."""
        return self[:4]


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
    redrives: Redriven | None = None  # what came before and goes through again: moved in the ledger, not received
    names: Mapping[str, str] | None = None  # of a redrive: the device's names for parameters, where it has its own
    indices: Sequence[Index] = ()
    summaries: Sequence[Summary] = ()  # of slots that were closed, or revised, by the time of this delivery

    @property
    def arrival(self) -> int:
        """Its place in the order of arrival: a redrive comes where the delivery first came."""
        return self.redrives[0] if self.redrives else self.position


_GROUPS = Flagged._fields.index("groups")
_FORMS = ((Flagged._fields.index("indices"), Index), (Flagged._fields.index("summaries"), Summary))


def encode(batch: Iterable[Flagged]) -> bytes:
    """The batch as bytes."""
    return orjson.dumps([tuple(item) for item in batch], default=_plain)


def _plain(one: Any) -> Any:
    return one.plain() if isinstance(one, Values) else tuple(one)  # named tuples are no tuples to it


def decode(data: bytes) -> list[Flagged]:
    """The batch in those bytes; lists where `encode` was given tuples. Logs of earlier versions have fewer fields."""
    found = []
    for item in orjson.loads(data):
        item[_GROUPS] = [(period, instant, Values.loaded(values)) for period, instant, values in item[_GROUPS]]
        for place, form in _FORMS:
            if len(item) > place and item[place]:
                item[place] = [*starmap(form, item[place])]
        found.append(Flagged(*item))
    return found
