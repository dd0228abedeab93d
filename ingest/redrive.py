"""What becomes of quarantine's entries when their delivery went through again. Pure.

An entry is one unit of the ledger or several, and is decided whole: it leaves only when nothing of it is refused any
more. So an entry for a whole delivery stays, with the newer reason, while one of its readings is refused; what of it
passed is stored all the same, and is here already the next time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from ingest.flagged import Flagged, Refusal
from ingest.model import Redrive


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Entries of quarantine that meet everything given."""

    station: str | None = None
    reason: str | None = None
    since: datetime | None = None
    ids: Sequence[int] | None = None


class Chosen(NamedTuple):
    """How much that is. `excerpts` are entries for many deliveries over the quota, whose bytes nobody has."""

    entries: int
    deliveries: int
    excerpts: int


class Redrivable(NamedTuple):
    """A delivery that can go through again; `payload` is None where quarantine has no more than an excerpt of it."""

    topic: str
    payload: bytes | None
    redrive: Redrive


class Fate(StrEnum):
    """Where an entry goes."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


class Held(NamedTuple):
    """One entry in quarantine; `parameter` is None where it is for the whole delivery."""

    id: int
    parameter: str | None
    units: int


class Decision(NamedTuple):
    """The fate of one entry; `refusal` is the newer reason, where there is one."""

    held: Held
    fate: Fate
    refusal: Refusal | None = None


def decide(entries: Sequence[Held], item: Flagged, refused: Sequence[Refusal]) -> list[Decision]:
    """The fate of each entry of that delivery; `refused` is what the store said of `item`, which was redriven.

    An entry of which the outcome says nothing stays: nothing leaves quarantine unseen.
    """
    assert item.redrives is not None, "of what is redriven"
    refusals: dict[str | None, list[Refusal]] = defaultdict(list)
    for refusal in (*item.refusals, *refused):
        refusals[refusal[2]].append(refusal)
    _, _, superseded, brought = item.redrives
    names = item.names or {}
    here = Counter((*superseded, *brought))
    stored = Counter(value[0] for _, _, values in item.groups for value in values) - Counter(brought)
    passed = bool(item.groups or item.duplicates)
    fate = Fate.DUPLICATE if here and not stored else Fate.STORED
    found = [
        _of_parameter(held, names.get(held.parameter, held.parameter), refusals, stored, here, passed=passed)
        for held in entries
        if held.parameter is not None
    ]
    left = next(_all(refusals), None)
    if left is not None:
        fate = Fate.REFUSED
    return [*found, *(Decision(held, fate, left) for held in entries if held.parameter is None)]


def _of_parameter(
    held: Held,
    name: str,
    refusals: dict[str | None, list[Refusal]],
    stored: Counter[str],
    here: Counter[str],
    *,
    passed: bool,
) -> Decision:
    """Takes what it accounts for out of what it is given: a parameter may stand there for several instants.

    `name` is the parameter's in our words: what was refused may have been called by the device's.
    """
    for known in (held.parameter, name):
        if refusals[known]:
            return Decision(held, Fate.REFUSED, refusals[known].pop(0))
    if refusals[None] and not passed:
        return Decision(held, Fate.REFUSED, refusals[None][0])
    for counts, fate in ((stored, Fate.STORED), (here, Fate.DUPLICATE)):
        if counts[name] > 0:
            counts[name] -= 1
            return Decision(held, fate)
    return Decision(held, Fate.REFUSED)


def _all(refusals: dict[str | None, list[Refusal]]) -> Iterator[Refusal]:
    for own in refusals.values():
        yield from own
