"""A redrive, piece by piece: what the walk takes, what is decided of each entry, how the ledger moves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest.adapters.intake_log import SqliteIntakeLog
from ingest.flagged import Flagged, decode, encode
from ingest.ledger import HOUR as HOUR_MICROS
from ingest.ledger import Account, Entry, imbalances, moved
from ingest.model import Delivery, Flag, Redrive
from ingest.redrive import Decision, Fate, Held, decide
from ingest.walk import Outcome, Walk
from tests.support.ingest import HOUR, NOW, STATION, TOPIC, a_catalog, a_delivery, a_station, an_outcome, micros


def again(first: Delivery, parameters: tuple[str, ...] | None = None, *, position: int = 100) -> Delivery:
    """That delivery taken up once more, a day later."""
    redrive = Redrive(first.position, first.received_at, parameters)
    return first._replace(position=position, received_at=first.received_at + 24 * HOUR, redrives=redrive)


def values(outcome: Outcome) -> list[tuple[str, float | None]]:
    return [(parameter, value) for _, _, group in outcome.flagged.groups for parameter, value, *_ in group]


def test_walk_redrives_by_the_time_of_the_first_receipt() -> None:
    """A reading that was in time when it came is not late because it was refused; it is evaluated as what it is."""
    stranger = a_delivery(station="air-9", topic="clearwarn/v1/air/air-9/reading", received_at=NOW)
    known = Walk(catalog=a_catalog(a_station(id="air-9", lateness="1h")))
    outcome = known.take(again(stranger))
    (reading,) = outcome.readings
    assert (reading.flag, reading.received_at) == (Flag.PASS, NOW)
    flagged = outcome.flagged
    assert (flagged.account, flagged.position, flagged.received_at, flagged.arrival) == ("air-9", 100, micros(NOW), 1)
    assert encode(decode(encode([flagged]))) == encode([flagged])
    assert flagged.redrives == (1, None, [], [])


def test_walk_redrives_only_what_was_refused() -> None:
    """The other values of the delivery are there already: they are neither written nor counted."""
    first = a_delivery(values={"pm2_5": 1.0, "soot": 2.0})
    narrow, wide = Walk(catalog=a_catalog()), Walk(catalog=_with_soot())
    assert [refusal[2] for refusal in narrow.take(first).flagged.refusals] == ["soot"]
    outcome = wide.take(again(first, ("soot",)))
    assert values(outcome) == [("soot", 2.0)]
    assert (outcome.flagged.received, outcome.flagged.refusals) == (1, [])


def test_walk_redrive_never_overwrites_a_later_word() -> None:
    """What came since stands, in memory too; the older value goes where first values go."""
    walk = Walk(catalog=a_catalog())
    first, later = a_delivery(values={"o3": 1.0}), a_delivery(values={"o3": 5.0}, position=2)
    walk.take(later)
    outcome = walk.take(again(first, ("o3",)))
    assert values(outcome) == []
    assert outcome.readings == []
    assert [(parameter, first) for parameter, _, _, first in outcome.flagged.corrected] == [("o3", 1.0)]
    assert walk.take(later._replace(position=101)).flagged.duplicates == 1


def test_walk_redrive_stores_what_the_memory_knows_without_evaluating_twice() -> None:
    """Refused by the store, or walked again with a mended catalogue at a start: evaluated, and yet not stored."""
    walk = Walk(catalog=a_catalog())
    first = a_delivery(values={"pm2_5": 5000.0})
    before = walk.take(first)
    for position in (100, 101):  # the store may refuse it once more
        outcome = walk.take(again(first, ("pm2_5",), position=position))
        assert outcome.readings == []
        assert outcome.flagged.groups == before.flagged.groups  # with its flag and reason
    walk.take(a_delivery(values={"pm2_5": 7.0}, position=102))
    assert values(walk.take(again(first, ("pm2_5",), position=103))) == []


def test_walk_redrives_keep_the_order_of_arrival_among_themselves() -> None:
    """A correction that was refused with what it corrects wins, in whatever order they come; also after a restart."""
    walk = Walk(catalog=_with_soot())
    one, same, other = (a_delivery(values={"soot": v}, position=n) for n, v in enumerate((1.0, 1.0, 2.0), 1))
    assert values(walk.take(again(one))) == [("soot", 1.0)]
    assert walk.take(again(same)).flagged.redrives == (2, None, [], ["soot"])
    restored = Walk(catalog=_with_soot())
    restored.restore(walk.snapshot())
    corrected = restored.take(again(other))
    assert values(corrected) == [("soot", 2.0)]
    assert [first for *_, first in corrected.flagged.corrected] == [1.0]
    assert values(restored.take(again(one))) == []


def test_walk_redrive_of_an_old_status_says_nothing_of_now() -> None:
    """A last will that stood in quarantine for a day is not the device's state."""
    status = a_delivery(topic=f"clearwarn/v1/air/{STATION}/status", payload=b"offline")
    outcome = Walk(catalog=a_catalog()).take(again(status))
    assert (outcome.status, outcome.flagged.refusals) == (None, ())


def test_walk_gives_up_a_redrive_as_any_other() -> None:
    """It moves nothing, and is marked as what it is."""
    outcome = Walk(catalog=a_catalog()).give_up(again(a_delivery()), "KeyError()")
    assert outcome.flagged.redrives == (1, None, (), ())
    assert [reason for reason, *_ in outcome.flagged.refusals] == ["not_understood"]


def _with_soot() -> Any:
    soot = {"name": {"zh": "烟", "en": "soot"}, "unit": "ug/m3", "low": 0.0, "high": 1000.0}
    return a_catalog(a_station(parameters=("pm2_5", "o3", "no2", "soot")), soot=soot)


def redriven(*there: str, here: Sequence[str] = (), refusals: Sequence[str | None] = ()) -> Flagged:
    """An outcome with those parameters stored, here before and refused."""
    group = ("1h", micros(NOW), [(parameter, 1.0, 1, "") for parameter in there])
    return an_outcome(
        groups=[group] if there else [],
        duplicates=len(here),
        refusals=[("unknown_parameter", "newer", parameter, 1) for parameter in refusals],
        redrives=(1, None, here, ()),
    )


@pytest.mark.parametrize(
    ("held", "item", "fates"),
    [
        ([None], redriven("o3", "no2"), [Fate.STORED]),
        ([None], redriven("o3", refusals=["soot"]), [Fate.REFUSED]),
        ([None], redriven(here=["o3"]), [Fate.DUPLICATE]),
        ([None], redriven("no2", here=["o3"]), [Fate.STORED]),
        ([None, "o3"], redriven("o3")._replace(redrives=(1, None, [], ["o3"])), [Fate.DUPLICATE] * 2),
        ([None], redriven(), [Fate.STORED]),  # a status message: nothing of it is refused any more
        (["soot"], redriven("soot"), [Fate.STORED]),
        (
            ["soot", "soot", "soot"],
            redriven("soot", here=["soot"], refusals=["soot"]),
            ["refused", "stored", "duplicate"],
        ),
        (["soot", "ash"], redriven("soot", refusals=["ash"]), [Fate.STORED, Fate.REFUSED]),
        (["soot", "ash"], redriven(refusals=[None]), [Fate.REFUSED, Fate.REFUSED]),
        (["x"], redriven("soot"), [Fate.REFUSED]),  # the outcome says nothing of it: it stays
        (["soot", None], redriven("soot", refusals=[None]), [Fate.STORED, Fate.REFUSED]),
    ],
)
def test_entry_leaves_only_when_nothing_of_it_is_refused(
    held: list[str | None], item: Flagged, fates: list[Fate]
) -> None:
    """Decided whole, each entry once."""
    entries = [Held(number, parameter, 1) for number, parameter in enumerate(held)]
    decisions = decide(entries, item, ())
    assert [decision.fate for decision in sorted(decisions)] == fates
    assert [decision.held for decision in sorted(decisions)] == entries


def test_entry_stays_with_the_stores_newer_reason() -> None:
    """What the walk lets pass the store may still refuse."""
    refusal = ("store_refused", "field type conflict", "soot", 1)
    (decision,) = decide([Held(1, "soot", 1)], redriven("soot"), [refusal])
    assert decision == Decision(Held(1, "soot", 1), Fate.REFUSED, refusal)


def test_ledger_moves_received_with_the_station() -> None:
    """The total is unchanged, and each account balances."""
    unknown, known = Account("_unknown", 0), Account(STATION, 0)
    there = moved(unknown, known, count=3, stored=2)
    assert there == {unknown: Entry(received=-3, quarantined=-3), known: Entry(received=3, stored=2, quarantined=1)}
    assert moved(known, known, count=3, duplicate=1) == {known: Entry(duplicate=1, quarantined=-1)}
    assert sum(there.values(), Entry()).waiting == 0


def test_ledger_finds_what_does_not_balance() -> None:
    """Against what the log still holds: too much and too little, known and never booked."""
    account = Account(STATION, micros(NOW) - micros(NOW) % HOUR_MICROS)
    waiting = [an_outcome(position=2)]
    assert imbalances({account: Entry(received=2, stored=1)}, waiting) == []
    assert imbalances({account: Entry(received=2, stored=1)}, [an_outcome(redrives=(1, None, (), ()))]) != []
    assert [(one.account, one.unsettled) for one in imbalances({account: Entry(received=1, stored=1)}, waiting)] == [
        (account, 1)
    ]
    assert [one.entry for one in imbalances({}, waiting)] == [Entry()]
    assert imbalances({account: Entry(received=1, stored=2)}, ()) != []


async def test_log_keeps_what_a_redrive_is(tmp_path: Path) -> None:
    """Across reopening, beside deliveries that are none."""
    first = a_delivery(position=0)
    redrives = [again(first, ("o3",), position=0), again(first, position=0)]
    async with SqliteIntakeLog(folder=tmp_path) as log:
        await log.append([first, *redrives], ())
    async with SqliteIntakeLog(folder=tmp_path) as log:
        found = await log.read(0, 10)
    assert [(d.topic, d.payload, d.received_at, d.redrives) for d in found] == [
        (TOPIC, first.payload, d.received_at, d.redrives) for d in (first, *redrives)
    ]
