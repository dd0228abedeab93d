"""What HJ 212 devices say, held against the catalogue: MN, codes, units, packets; and through the walk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from ingest.catalog import Catalog
from ingest.codecs.hj212 import decode
from ingest.codecs.report import Report
from ingest.dialect import Parts
from ingest.model import Delivery, Redrive
from ingest.redrive import Decision, Fate, Held, decide
from ingest.units import Conversion, conversion
from ingest.walk import Outcome, Walk
from tests.support.hj212 import DATA, MN, TIME, a_frame
from tests.support.ingest import NOW, a_catalog, a_parameter, a_station

TOPIC = "clearwarn/v1/outfall/out-1/hj212"
OVER_TCP = f"clearwarn/v1/tcp/{MN}/hj212"


def catalog(*, codes: Mapping[str, str] | None = None, **device: Any) -> Catalog:
    station = a_station(
        id="out-1",
        kind="outfall",
        parameters=("cod", "nh3_n", "temp"),
        zone="Asia/Shanghai",
        mn=MN,
        hj212={"codes": codes or {}, **device},
    )
    return a_catalog(
        station,
        a_station(id="mute", kind="outfall", parameters=("cod",)),
        cod=a_parameter(unit="mg/L", hj212="w01018"),
        nh3_n=a_parameter(unit="mg/L", hj212="w21003"),
        temp=a_parameter(unit="degC", hj212=("w01010", "a01001")),
    )


def walked(payload: bytes, *, topic: str = TOPIC, known: Catalog | None = None) -> Outcome:
    return Walk(catalog=known or catalog()).take(Delivery(topic, payload, NOW, 1))


def readings(outcome: Outcome) -> list[tuple[str, str, float | None, str]]:
    return [(one.parameter, one.instant.isoformat(), one.value, one.reason) for one in outcome.readings]


def refusals(outcome: Outcome) -> list[tuple[str, str | None]]:
    return [(reason, parameter) for reason, _, parameter, _ in outcome.flagged.refusals]


@pytest.mark.parametrize("topic", [TOPIC, OVER_TCP])
def test_walk_takes_hj212_as_the_stations_readings(topic: str) -> None:
    """The hour that began at 09:00 in the station's zone ends at 02:00 UTC; the mark becomes a flag."""
    outcome = walked(a_frame(), topic=topic)
    ends = "2026-11-23T02:00:00+00:00"
    assert readings(outcome) == [("cod", ends, 40.1, ""), ("nh3_n", ends, 1.25, "mark_maintenance")]
    assert {(one.station, one.kind, one.period) for one in outcome.readings} == {("out-1", "outfall", "1h")}
    assert (outcome.flagged.account, outcome.flagged.received) == ("out-1", 2)


@pytest.mark.parametrize(
    ("mark", "reason"),
    [
        ("N", ""),
        ("F", "mark_stopped"),
        ("M", "mark_maintenance"),
        ("S", "mark_manual"),
        ("D", "mark_fault"),
        ("C", "mark_calibration"),
        ("T", "mark_over_range"),
        ("B", "mark_communication"),
    ],
)
def test_walk_every_mark_of_hj212_has_its_reason(mark: str, reason: str) -> None:
    """All eight of table 9."""
    outcome = walked(a_frame(f"DataTime={TIME};w01018-Avg=40.1,w01018-Flag={mark}"))
    assert [one.reason for one in outcome.readings] == [reason]


def test_walk_refuses_unknown_codes_alone() -> None:
    """Even one that happens to be a parameter's name: nobody has said what it means."""
    outcome = walked(a_frame(f"{DATA};w99999-Avg=1,w99999-Flag=N;temp-Avg=5"))
    assert [one.parameter for one in outcome.readings] == ["cod", "nh3_n"]
    assert refusals(outcome) == [("unknown_parameter", "w99999"), ("unknown_parameter", "temp")]
    assert outcome.flagged.received == 4


def test_walk_takes_codes_and_units_of_the_device() -> None:
    """Of the maker's or of 2005; a unit is what the entry says, never what the code suggests."""
    known = catalog(codes={"011": "cod"}, units={"011": "ug/L"})
    outcome = walked(a_frame(f"DataTime={TIME};011-Avg=40100,011-Flag=N;w21003-Avg=1"), known=known)
    assert [(one.parameter, one.value) for one in outcome.readings] == [("cod", 40.1), ("nh3_n", 1.0)]


def test_walk_refuses_a_second_code_for_the_same_parameter() -> None:
    """Which of the two is meant nobody knows: the first stands, the second is kept and counted."""
    outcome = walked(a_frame(f"DataTime={TIME};w01010-Avg=20;a01001-Avg=5"))
    assert [(one.parameter, one.value) for one in outcome.readings] == [("temp", 20.0)]
    assert refusals(outcome) == [("repeated_key", "a01001")]


@pytest.mark.parametrize(
    ("topic", "changes", "expected", "account"),
    [
        (TOPIC, {"MN": "350521C0000000000000CC02"}, "station_mismatch", "out-1"),
        (TOPIC.replace("out-1", "mute"), {}, "station_mismatch", "mute"),
        (TOPIC.replace("out-1", "nobody"), {}, "unknown_station", "_unknown"),
        (
            "clearwarn/v1/tcp/350521C0000000000000CC02/hj212",
            {"MN": "350521C0000000000000CC02"},
            "unknown_station",
            "_unknown",
        ),
        ("clearwarn/v1/tcp/_unknown/hj212", {}, "unknown_station", "_unknown"),
        ("clearwarn/v1/tcp/x/reading", {}, "unknown_topic", "_unknown"),
    ],
)
def test_walk_refuses_whom_it_does_not_know(topic: str, changes: dict[str, Any], expected: str, account: str) -> None:
    """MN, topic and catalogue must agree."""
    outcome = walked(a_frame(**changes), topic=topic)
    assert ([reason for reason, _ in refusals(outcome)], outcome.flagged.account) == ([expected], account)


@pytest.mark.parametrize(("device", "modbus"), [("hj212", True), ("modbus", False)])
def test_walk_takes_the_checksum_of_the_entry_and_no_other(device: str, modbus: bool) -> None:  # noqa: FBT001
    """Never both."""
    known = catalog(checksum=device)
    assert refusals(walked(a_frame(modbus=modbus), known=known)) == [("crc", None)]
    assert refusals(walked(a_frame(modbus=not modbus), known=known)) == []


def test_walk_knows_what_a_minute_datum_spans() -> None:
    """Ten minutes, unless the entry says otherwise: the frame does not."""
    payload = a_frame(DATA, CN="2051")
    assert {one.period for one in walked(payload).readings} == {"10m"}
    assert {one.period for one in walked(payload, known=catalog(minutes="5m")).readings} == {"5m"}


def test_walk_counts_a_frame_sent_again_as_duplicates() -> None:
    """Whatever its QN: what is said is the same."""
    walk = Walk(catalog=catalog())
    walk.take(Delivery(OVER_TCP, a_frame(), NOW, 1))
    again = walk.take(Delivery(TOPIC, a_frame(QN="20261123091500000", RF="1", Flag="9"), NOW, 2))
    assert (again.readings, again.flagged.received, again.flagged.duplicates) == ([], 2, 2)


def test_walk_hears_of_machines_and_of_frames_without_readings() -> None:
    """A status of the station; a heartbeat is nothing in the ledger."""
    assert walked(a_frame("SB1-RS=1;SB2-RS=0", CN="2021")).status == ("out-1", "SB1-RS=1, SB2-RS=0")
    heartbeat = walked(a_frame("", CN="9015", Flag="8"))
    assert (heartbeat.status, heartbeat.flagged.received, heartbeat.flagged.refusals) == (None, 0, [])


FIRST = a_frame(DATA, Flag="7", PNUM="2", PNO="1")
SECOND = a_frame("w01010-Avg=20,w01010-Flag=N", Flag="7", PNUM="2", PNO="2")


def test_walk_gives_a_packet_without_time_that_of_the_one_before() -> None:
    """Over a checkpoint too."""
    before, after = Walk(catalog=catalog()), Walk(catalog=catalog())
    before.take(Delivery(TOPIC, FIRST, NOW, 1))
    after.restore(orjson.loads(orjson.dumps(before.snapshot(), default=tuple)))
    outcome = after.take(Delivery(TOPIC, SECOND, NOW, 2))
    assert readings(outcome) == [("temp", "2026-11-23T02:00:00+00:00", 20.0, "")]
    assert refusals(after.take(Delivery(TOPIC, SECOND, NOW, 3))) == [("syntax", "temp")]  # the message is complete


@pytest.mark.parametrize(
    "before",
    [
        None,
        a_frame(DATA, Flag="7", PNUM="3", PNO="1"),  # another message
        a_frame(DATA, Flag="7", PNUM="2", PNO="1", CN="2051"),
        a_frame(),
    ],
)
def test_walk_refuses_a_packet_whose_time_nobody_said(before: bytes | None) -> None:
    """Its values one by one, with their bytes."""
    walk = Walk(catalog=catalog())
    if before is not None:
        walk.take(Delivery(TOPIC, before, NOW, 1))
    assert refusals(walk.take(Delivery(TOPIC, SECOND, NOW, 2))) == [("syntax", "temp")]


def test_parts_remember_a_bounded_number_of_messages() -> None:
    """The oldest is forgotten."""
    parts = Parts()
    first = decode(FIRST)
    second = decode(SECOND)
    assert isinstance(first, Report)
    assert isinstance(second, Report)
    for number in range(10_001):
        parts.timed(f"station-{number}", first)
    assert len(parts.snapshot()) == 10_000
    assert parts.timed("station-0", second).moments[0].time is None
    assert parts.timed("station-10000", second).moments[0].time == first.moments[0].time


def redriven(known: Catalog, *, parameters: tuple[str, ...] | None) -> list[Decision]:
    """What becomes of the entry for a code that was unknown when its frame came."""
    payload = a_frame(f"{DATA};w99999-Avg=7,w99999-Flag=N")
    old = Walk(catalog=catalog())
    old.take(Delivery(TOPIC, payload, NOW, 1))
    new = Walk(catalog=known)
    new.restore(old.snapshot())
    item = new.take(Delivery(TOPIC, payload, NOW, 2, Redrive(1, NOW, parameters))).flagged
    return decide([Held(1, "w99999", 1)], item, ())


@pytest.mark.parametrize("parameters", [("w99999",), None])
def test_redrive_takes_up_a_code_that_the_catalogue_has_learned(parameters: tuple[str, ...] | None) -> None:
    """Quarantine knows it by the device's name, the store by ours."""
    (mended,) = redriven(catalog(codes={"w99999": "temp"}), parameters=parameters)
    assert mended.fate is Fate.STORED
    (still,) = redriven(catalog(), parameters=parameters)
    assert (still.fate, still.refusal and still.refusal[0]) == (Fate.REFUSED, "unknown_parameter")


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"hj212": {"codes": {"011": "tp"}}}, ("hj212", "codes", "011"), "does not measure"),
        ({"hj212": {"units": {"w77777": "mg/L"}}}, ("hj212", "units", "w77777"), "no parameter has the code"),
        ({"hj212": {"units": {"w01018": "kPa"}}}, ("hj212", "units", "w01018"), "cannot be turned into"),
        ({"zone": None}, ("mn",), "zone"),
        ({"id": "other"}, ("mn",), "same MN"),
    ],
)
def test_catalog_names_what_does_not_fit_a_device(changes: dict[str, Any], path: tuple[str, ...], message: str) -> None:
    """At the entry, with the keys below it."""
    good = catalog().by_id["out-1"].model_dump()
    stations = [good | changes] if "id" not in changes else [good | changes, good]
    known = a_catalog(*stations, **{name: one.model_dump() for name, one in catalog().parameters.items()})
    ((where, said),) = known.problems()
    assert (where, message in said) == (("stations", 0, *path), True)


def test_catalog_has_nothing_to_say_of_a_device_that_fits() -> None:
    """Codes of its maker for what the station measures, units of the same kind."""
    assert catalog(codes={"011": "cod"}, units={"011": "ug/L", "w21003": "mg/L"}).problems() == []


def test_conversion_keeps_to_the_family() -> None:
    """Same kind of quantity, or none."""
    assert conversion("kPa", "hPa") == Conversion(1000, 100)
    assert conversion("mg/L", "mg/m3") is None
    assert conversion("furlong", "furlong") == Conversion(1, 1)
    found = conversion("ng/m3", "ug/m3")
    assert found is not None
    assert found.of(61) == 0.061
