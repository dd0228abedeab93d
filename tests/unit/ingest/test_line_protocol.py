"""Line protocol: what a delivery looks like on its way to InfluxDB."""

from __future__ import annotations

import pytest

from ingest.bundle import Values
from ingest.flagged import Flagged
from ingest.line_protocol import Unwritable, encode
from ingest.model import Flag
from tests.support.ingest import HOUR, NOW, an_index, an_outcome, indexed, micros

T = micros(NOW)


def lines(*batch: Flagged) -> list[list[str]]:
    """The lines of each delivery, none of which is unwritable."""
    found: list[list[str]] = []
    for encoded in encode(batch):
        assert isinstance(encoded, list)
        pieces = [lines.data.decode().splitlines() for lines in encoded]
        assert [len(piece) for piece in pieces] == [lines.points for lines in encoded]
        found.append([line for piece in pieces for line in piece])
    return found


def test_line_protocol_is_one_point_a_group() -> None:
    """A field for each parameter, its flag as an integer beside it, tags in order, time in microseconds."""
    both = an_outcome()._replace(groups=[("1h", T, Values.of([("pm2_5", 35.2, 1, ""), ("o3", 88.0, 1, "")]))])
    assert lines(both) == [
        [f"air,drill=false,period=1h,station=air-1 pm2_5=35.2,pm2_5_flag=1i,o3=88.0,o3_flag=1i {T}"],
    ]


def test_line_protocol_remarks_on_what_did_not_pass() -> None:
    """A point of `quality` with reason, flag, value and when it was received."""
    (found,) = lines(an_outcome((NOW, -0.4), flag=Flag.SUSPECT, reason="spike"))
    assert found[1:] == [
        f"quality,parameter=pm2_5,period=1h,reason=spike,station=air-1 flag=3i,received={T}i,value=-0.4 {T}",
    ]


def test_line_protocol_missing_value_is_a_flag_alone() -> None:
    """There is no null to write."""
    (found,) = lines(an_outcome((NOW, None), flag=Flag.MISSING, reason="no_value"))
    assert found == [
        f"air,drill=false,period=1h,station=air-1 pm2_5_flag=9i {T}",
        f"quality,parameter=pm2_5,period=1h,reason=no_value,station=air-1 flag=9i,received={T}i {T}",
    ]


def test_line_protocol_keeps_the_value_before_a_correction() -> None:
    """Under the reason `corrected`."""
    (found,) = lines(an_outcome((NOW, 2.0))._replace(corrected=[("pm2_5", "1h", T, 1.0)]))
    assert found[1] == (
        f"quality,parameter=pm2_5,period=1h,reason=corrected,station=air-1 flag=1i,received={T}i,value=1.0 {T}"
    )


def test_line_protocol_last_word_of_a_batch_is_the_only_one() -> None:
    """No body holds two values for one field; another parameter of the same point stays."""
    first = an_outcome()._replace(groups=[("1h", T, Values.of([("pm2_5", 1.0, 1, ""), ("o3", 5.0, 1, "")]))])
    assert lines(first, an_outcome((NOW, 2.0), position=2), an_outcome((NOW + HOUR, 1.0), position=3)) == [
        [f"air,drill=false,period=1h,station=air-1 o3=5.0,o3_flag=1i {T}"],
        [f"air,drill=false,period=1h,station=air-1 pm2_5=2.0,pm2_5_flag=1i {T}"],
        [f"air,drill=false,period=1h,station=air-1 pm2_5=1.0,pm2_5_flag=1i {T + micros(NOW + HOUR) - T}"],
    ]
    assert lines(an_outcome(), an_outcome(position=2))[0] == []


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("a b", r"a\ b"),
        ("a,b", r"a\,b"),
        ("a=b", r"a\=b"),
        ('a"b', 'a"b'),
        ("a'b", "a'b"),
        ("a\\b", "a\\b"),
        ("臭氧🌊", "臭氧🌊"),
        (" ", r"\ "),
        ("#", "#"),
    ],
)
def test_line_protocol_escapes_names(name: str, escaped: str) -> None:
    """Comma, equals sign and space; quotes mean nothing in a name."""
    ((line,),) = lines(an_outcome((NOW, 1.0), account=name, parameter=name))
    assert line == f"air,drill=false,period=1h,station={escaped} {escaped}=1.0,{escaped}_flag=1i {T}"


@pytest.mark.parametrize("name", ["", "a\nb", "a\rb", "a\x00", "a\\", "a\\,b", "a\\ b", "\ud800", "time"])
def test_line_protocol_refuses_names_it_cannot_say(name: str) -> None:
    """As a value, for that delivery alone."""
    bad = an_outcome((NOW, 1.0), parameter=name, position=2)
    encoded = [*encode([an_outcome(), bad, an_outcome(account="air-2", position=3)])]
    assert [isinstance(item, Unwritable) for item in encoded] == [False, True, False]


def test_line_protocol_of_a_large_delivery_comes_in_pieces() -> None:
    """A day of back-fill in one message: no piece is too large for a proxy, none is missing."""
    many = an_outcome(*((NOW + n * HOUR, float(n)) for n in range(2500)))
    (pieces,) = encode([many])
    assert isinstance(pieces, list)
    assert [piece.points for piece in pieces] == [1000, 1000, 500]
    assert len(lines(many)[0]) == 2500


def test_line_protocol_leaves_out_the_tag_of_no_reason() -> None:
    """A tag cannot be empty."""
    (found,) = lines(an_outcome((NOW, 1.0), flag=Flag.UNCHECKED))
    assert found[1].startswith("quality,parameter=pm2_5,period=1h,station=air-1 flag=2i,")


def test_line_protocol_has_a_point_of_measurement_index_for_each_index() -> None:
    """Tags index, period and station; numbers as integers, texts in quotes; one that holds no more is a flag alone."""
    gone = an_index(None, parameter="pm2_5_24h", have=0, of=24, revision=2, edition="", primary="")
    (found,) = lines(indexed(an_index(), gone))
    head, texts = "index,drill=false,index=", 'missing="",edition="hj633-2026",primary="pm2_5"'
    none = 'missing="",edition="",primary=""'
    assert found == [
        f"{head}aqi,period=1h,station=air-1 value=55.0,flag=1i,revision=1i,have=6i,of=6i,{texts} {T}",
        f"{head}pm2_5_24h,period=1h,station=air-1 flag=9i,revision=2i,have=0i,of=24i,{none} {T}",
    ]


def test_line_protocol_last_word_on_an_index_is_the_only_one() -> None:
    """Of a delivery and of a batch."""
    first = indexed(an_index(1.0), an_index(2.0, revision=2))
    assert [line.split(" ")[1].split(",")[0] for line in lines(first)[0]] == ["value=2.0"]
    batch = lines(first, indexed(an_index(3.0, revision=3), position=2))
    assert [len(of) for of in batch] == [0, 1]
