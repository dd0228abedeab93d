"""A delivery from topic to outcome: every bad input of the issue, and the sums."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest

from ingest import ledger
from ingest.bundle import Values
from ingest.flagged import decode, encode
from ingest.ledger import HOUR, Account, Entry
from ingest.model import Delivery, Flag, Reason
from ingest.walk import LARGEST_PAYLOAD, Outcome, Walk
from tests.support.ingest import NOW, STATION, TOPIC, a_catalog, a_delivery, a_payload, micros


@pytest.fixture
def walk() -> Walk:
    return Walk(catalog=a_catalog())


def fate(outcome: Outcome) -> tuple[int, int, int, int]:
    """received, stored, duplicate, quarantined."""
    flagged = outcome.flagged
    stored = sum(len(values) for _, _, values in flagged.groups)
    return flagged.received, stored, flagged.duplicates, sum(count for *_, count in flagged.refusals)


def test_walk_good_delivery_comes_to_readings(walk: Walk) -> None:
    """For evaluation and store alike."""
    outcome = walk.take(a_delivery(values={"pm2_5": 35.2, "o3": None}, position=9))
    assert [(r.station, r.parameter, r.value, r.flag, r.instant) for r in outcome.readings] == [
        (STATION, "pm2_5", 35.2, Flag.PASS, NOW - timedelta(minutes=17)),
        (STATION, "o3", None, Flag.MISSING, NOW - timedelta(minutes=17)),
    ]
    assert outcome.flagged.position == 9
    assert outcome.flagged.groups == [
        ("1h", micros(NOW - timedelta(minutes=17)), Values.of([("pm2_5", 35.2, 1, ""), ("o3", None, 9, "no_value")]))
    ]
    assert fate(outcome) == (2, 2, 0, 0)


@pytest.mark.parametrize(
    ("given", "account", "reason"),
    [
        ({"topic": "clearwarn/v1/sea/air-1/reading"}, "_unknown", Reason.UNKNOWN_TOPIC),
        ({"topic": "x" * 60_000}, "_unknown", Reason.UNKNOWN_TOPIC),
        ({"topic": TOPIC.replace(STATION, "nobody")}, "_unknown", Reason.UNKNOWN_STATION),
        ({"topic": TOPIC.replace(STATION, "nobody"), "payload": b"{"}, "_unknown", Reason.BROKEN_JSON),
        ({"topic": TOPIC.replace(STATION, "nobody").replace("reading", "status")}, "_unknown", Reason.UNKNOWN_STATION),
        ({"topic": TOPIC.replace("air/", "source/").replace("reading", "status")}, STATION, Reason.KIND_MISMATCH),
        ({"topic": TOPIC.replace("air/", "outfall/")}, STATION, Reason.KIND_MISMATCH),
        ({"topic": TOPIC.replace("reading", "hj212")}, STATION, Reason.SYNTAX),
        ({"payload": b"x" * (LARGEST_PAYLOAD + 1)}, STATION, Reason.TOO_LARGE),
        ({"payload": b"[" * 1_000_000}, STATION, Reason.TOO_LARGE),
        ({"payload": b"{"}, STATION, Reason.BROKEN_JSON),
        ({"payload": b"\xff\xd8"}, STATION, Reason.NOT_UTF8),
        ({"station": "nobody"}, STATION, Reason.STATION_MISMATCH),
        ({"values": {}}, STATION, Reason.WRONG_SHAPE),
        ({"time": "2026-11-23T08:00:00"}, STATION, Reason.BARE_LOCAL_TIME),
        ({"time": "9999-12-31T23:59:59Z"}, STATION, Reason.WRONG_SHAPE),
        ({"values": {"soot": 1}}, STATION, Reason.UNKNOWN_PARAMETER),
    ],
)
def test_walk_bad_delivery_is_counted_with_its_reason(
    walk: Walk, given: dict[str, Any], account: str, reason: Reason
) -> None:
    """One unit, to quarantine; the next good one is taken as if nothing had been."""
    outcome = walk.take(a_delivery(**given))
    assert fate(outcome) == (1, 0, 0, 1)
    assert outcome.flagged.account == account
    assert [refusal[0] for refusal in outcome.flagged.refusals] == [reason]
    assert outcome.readings == []
    assert fate(walk.take(a_delivery())) == (1, 1, 0, 0)


def test_walk_keeps_what_is_good_of_a_delivery(walk: Walk) -> None:
    """Unknown, not a number and good, in one message."""
    outcome = walk.take(a_delivery(values={"pm2_5": 1, "soot": 2, "o3": "x"}))
    assert fate(outcome) == (3, 1, 0, 2)


def test_walk_redelivery_is_all_duplicates(walk: Walk) -> None:
    """Nothing to evaluate, nothing to store."""
    first, again = (walk.take(a_delivery(values={"pm2_5": 1, "o3": 2}, position=n)) for n in (1, 2))
    assert (fate(first), fate(again)) == ((2, 2, 0, 0), (2, 0, 2, 0))
    assert again.readings == []


def test_walk_correction_says_what_stood_there(walk: Walk) -> None:
    """The first value is not lost."""
    walk.take(a_delivery(values={"pm2_5": 1, "o3": 2}))
    outcome = walk.take(a_delivery(values={"pm2_5": 5, "o3": 2}, position=2))
    instant = micros(NOW - timedelta(minutes=17))
    assert outcome.flagged.corrected == [("pm2_5", "1h", instant, 1.0)]
    assert fate(outcome) == (2, 1, 1, 0)


def test_walk_status_is_no_reading(walk: Walk) -> None:
    """It is told, bounded, and counts nothing."""
    outcome = walk.take(a_delivery(topic=TOPIC.replace("reading", "status"), payload=b"\xffoffline" * 100))
    assert outcome.status is not None
    station, text = outcome.status
    assert (station, len(text)) == (STATION, 64)
    assert fate(outcome) == (0, 0, 0, 0)


def test_walk_remembers_no_strangers(walk: Walk) -> None:
    """Topics that somebody makes up do not fill the memory."""
    walk.take(a_delivery())
    for number in range(100):
        walk.take(a_delivery(topic=f"clearwarn/v1/air/ghost-{number}/reading"))
        walk.take(a_delivery(topic=f"clearwarn/v1/ghost-{number}"))
    assert list(walk._addresses) == [TOPIC]


def test_walk_restored_goes_on_as_if_it_had_not_stopped(walk: Walk) -> None:
    """Through JSON, as the checkpoint has it."""
    walk.take(a_delivery(values={"pm2_5": 1, "o3": None}))
    again = Walk(catalog=a_catalog())
    again.restore(orjson.loads(orjson.dumps(walk.snapshot(), default=tuple)))
    assert fate(again.take(a_delivery(values={"pm2_5": 1, "o3": None}))) == (2, 0, 2, 0)


def test_walk_restored_forgets_what_the_catalogue_no_longer_has(walk: Walk) -> None:
    """A parameter taken out of a station's entry is gone."""
    walk.take(a_delivery(values={"pm2_5": 1, "o3": 2}))
    smaller = a_catalog({**a_catalog().stations[0].model_dump(), "parameters": ("o3",)})
    again = Walk(catalog=smaller)
    again.restore(walk.snapshot())
    assert [entry[:2] for entry in again.snapshot()["series"]] == [[STATION, "o3"]]


def test_outcome_survives_the_log(walk: Walk) -> None:
    """Encoded and decoded it books the same."""
    outcomes = [
        walk.take(delivery).flagged
        for delivery in (
            a_delivery(values={"pm2_5": 1, "soot": 2}, position=1),
            a_delivery(payload=b"{", position=2),
            a_delivery(values={"pm2_5": 3}, position=3),
        )
    ]
    read = decode(encode(outcomes))
    assert encode(read) == encode(outcomes)
    assert ledger.received(read) == ledger.received(outcomes)
    assert ledger.settled(read, {}) == ledger.settled(outcomes, {})


def test_ledger_balances_by_station_and_hour(walk: Walk) -> None:
    """Also when the store refused some; each receipt's own hour."""
    later = NOW + timedelta(hours=1)
    outcomes = [
        walk.take(Delivery(TOPIC, a_payload(values={"pm2_5": 1, "soot": 2}), NOW, 1)).flagged,
        walk.take(Delivery(TOPIC, a_payload(values={"pm2_5": 1, "o3": 2}), later, 2)).flagged,
        walk.take(Delivery("nowhere", b"", NOW, 3)).flagged,
    ]
    hour = micros(NOW) - micros(NOW) % HOUR
    assert ledger.received(outcomes) == {
        Account(STATION, hour): Entry(received=2),
        Account(STATION, hour + HOUR): Entry(received=2),
        Account("_unknown", hour): Entry(received=1),
    }
    assert ledger.settled(outcomes, {2: 1}) == {
        Account(STATION, hour): Entry(stored=1, quarantined=1),
        Account(STATION, hour + HOUR): Entry(duplicate=1, quarantined=1),
        Account("_unknown", hour): Entry(quarantined=1),
    }
    assert sum(ledger.settled(outcomes, {2: 1}).values(), Entry()).settled == 5
