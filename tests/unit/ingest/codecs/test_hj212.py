"""What a frame reports: values, marks, times, packets, machines; and what of it is refused alone."""

from __future__ import annotations

import csv
import gzip
from datetime import datetime

import pytest

from ingest.codecs.hj212 import decode
from ingest.codecs.report import MINUTES, Malformed, Moment, Part, Report
from ingest.model import Reason
from tests.support.hj212 import DATA, MN, TIME, a_frame, standard_frames
from tests.support.recorded import recorded

AT = datetime(2026, 11, 23, 9)  # noqa: DTZ001  # HJ 212 writes local time


def report(payload: bytes) -> Report:
    found = decode(payload)
    assert isinstance(found, Report), found
    return found


def moment(payload: bytes) -> Moment:
    (found,) = report(payload).moments
    return found


def refused(payload: bytes) -> list[tuple[str, Reason]]:
    return [(one.parameter, one.reason) for one in report(payload).refused]


def test_hj212_hour_is_a_report() -> None:
    """The mean of each factor, marks where they are not N, the start of the period by the clock on the wall."""
    assert moment(a_frame()) == Moment(AT, "1h", {"w01018": 40.1, "w21003": 1.25}, {"w21003": "M"}, {})
    assert report(a_frame()).station == MN


@pytest.mark.parametrize(
    ("command", "suffix", "period"),
    [("2011", "Rtd", "instant"), ("2051", "Avg", MINUTES), ("2061", "Avg", "1h"), ("2031", "Avg", "1d")],
)
def test_hj212_commands_have_their_period(command: str, suffix: str, period: str) -> None:
    """What a minute datum spans the frame does not say."""
    found = moment(a_frame(f"DataTime={TIME};w01018-{suffix}=4,w01018-Flag=N", CN=command))
    assert (found.period, found.values) == (period, {"w01018": 4.0})


def test_hj212_mean_wins_over_least_and_greatest() -> None:
    """Min, Max and Cou stay in the log; a factor that has nothing but those has no value."""
    found = moment(
        a_frame(f"DataTime={TIME};w00000-Cou=10.5,w00000-Min=16.4,w00000-Avg=17.5,w00000-Max=20.1;w01018-Cou=0.42")
    )
    assert found.values == {"w00000": 17.5, "w01018": None}


@pytest.mark.parametrize(
    ("cp", "values", "marks"),
    [
        (f"DataTime={TIME};w01018-Rtd=2.2", {"w01018": 2.2}, {}),  # no Flag
        (f"DataTime={TIME};w01018-Rtd=,w01018-Flag=B", {"w01018": None}, {"w01018": "B"}),
        (f"DataTime={TIME};w01018-Flag=D", {"w01018": None}, {"w01018": "D"}),
        (f"DataTime={TIME};w01018-Rtd=2.2,w01018-Flag=n;", {"w01018": 2.2}, {"w01018": "N"}),
        (f"DataTime={TIME};01018-Rtd=2.2,w01018-Flag=T", {"w01018": 2.2}, {"w01018": "T"}),  # table C.14 itself
        (f"DataTime={TIME}; w01018-Rtd = 2.2 , w01018-Flag=N", {"w01018": 2.2}, {}),  # blanks
        (f"DataTime={TIME};w01018-Rtd=2.2;w01018-Flag=M", {"w01018": 2.2}, {"w01018": "M"}),
        (f"DataTime={TIME}123;w01018-Rtd=-2.20", {"w01018": -2.2}, {}),
        (f"DataTime={TIME};w01018-Rtd=2.2,w01018-EFlag=A01", {"w01018": 2.2}, {}),
    ],
)
def test_hj212_is_lenient_on_what_stands_in_cp(cp: str, values: object, marks: object) -> None:
    """The standard's own examples are not free of slips."""
    found = moment(a_frame(cp, CN="2011"))
    assert (found.time, found.values, found.marks) == (AT, values, marks)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("w01018-Rtd=2 .2,w01018-Flag=N", Reason.WRONG_SHAPE),
        ("w01018-Rtd=two", Reason.WRONG_SHAPE),
        ("w01018-Rtd=1_000", Reason.WRONG_SHAPE),
        ("w01018-Rtd=١٢", Reason.WRONG_SHAPE),
        ("w01018-Rtd=NaN", Reason.NOT_FINITE),
        ("w01018-Rtd=-inf", Reason.NOT_FINITE),
        (f"w01018-Rtd={'9' * 400}", Reason.NOT_FINITE),
        ("w01018-Rtd=2.2,w01018-Flag=", Reason.BAD_MARK),
        ("w01018-Rtd=2.2,w01018-Flag", Reason.BAD_MARK),
        ("w01018-Rtd=2.2,w01018-Flag=X", Reason.BAD_MARK),
        ("w01018-Rtd=2.2,w01018-Rtd=2.3", Reason.REPEATED_KEY),
        ("w01018-Rtd=2.2,w01018-Flag=N;w01018-Rtd=2.2", Reason.REPEATED_KEY),
        ("w01018-Rtd=2.2,w01018-SampleTime=noon", Reason.WRONG_SHAPE),
    ],
)
def test_hj212_what_is_wrong_with_a_factor_costs_that_factor(item: str, reason: Reason) -> None:
    """The others are kept."""
    payload = a_frame(f"DataTime={TIME};w21003-Rtd=0.5,w21003-Flag=N;{item}", CN="2011")
    assert refused(payload) == [("w01018", reason)]
    assert moment(payload).values == {"w21003": 0.5}


def test_hj212_text_between_factors_is_refused_by_itself() -> None:
    """It may be a factor that lost its sign."""
    assert refused(a_frame(DATA + ";nonsense")) == [("nonsense", Reason.SYNTAX)]


def test_hj212_sample_time_is_the_factors_own() -> None:
    """An analyser that repeats its 08:00 sample at 08:12."""
    cp = "DataTime=20261123081200;w01019-SampleTime=20261123080000,w01019-Rtd=2.9,w01019-Flag=N;w01001-Rtd=7.2"
    assert moment(a_frame(cp, CN="2011")).times == {"w01019": datetime(2026, 11, 23, 8)}  # noqa: DTZ001


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (a_frame("w01018-Avg=1"), Reason.SYNTAX),
        (a_frame("DataTime=;w01018-Avg=1"), Reason.SYNTAX),
        (a_frame("DataTime=20261323090000;w01018-Avg=1"), Reason.SYNTAX),
        (a_frame("DataTime=2026-11-23 09;w01018-Avg=1"), Reason.SYNTAX),
        (a_frame(f"DataTime={TIME};DataTime={TIME};w01018-Avg=1"), Reason.REPEATED_KEY),
        (a_frame(CN="7777"), Reason.UNSUPPORTED),
        (a_frame("SB1-RS=1;DataTime=1;DataTime=1", CN="2021"), Reason.REPEATED_KEY),
    ],
)
def test_hj212_report_without_a_time_or_meaning_is_refused_whole(payload: bytes, reason: Reason) -> None:
    """Nothing of it can be placed."""
    found = decode(payload)
    assert isinstance(found, Malformed)
    assert found.reason is reason


@pytest.mark.parametrize("command", ["9015", "9011", "1013", "3020", "2081"])
def test_hj212_frames_without_readings_are_sound(command: str) -> None:
    """Heartbeats, answers, notices: nothing is refused and nothing is read."""
    found = report(a_frame("QnRtn=1", CN=command))
    assert (found.moments, found.refused) == ((), ())


def test_hj212_machines_are_told_of() -> None:
    """By a command of their own, and among factors."""
    alone = report(a_frame(f"DataTime={TIME};SB1-RS=1;SB2-RS=0", CN="2021"))
    assert alone.coded is not None
    assert alone.coded.equipment == "SB1-RS=1, SB2-RS=0"
    among = report(a_frame(f"DataTime={TIME};SB1-RS=1;w01018-Rtd=2", CN="2011"))
    assert among.coded is not None
    assert (among.coded.equipment, among.moments[0].values) == ("SB1-RS=1", {"w01018": 2.0})


def test_hj212_packet_of_several_is_a_report_of_its_own() -> None:
    """It says which one it is; without a time it waits for nobody."""
    first = report(a_frame(Flag="7", PNUM="2", PNO="1"))
    assert first.coded is not None
    assert first.coded.part == Part("2061", 2, 1)
    assert first.moments[0].time == AT
    second = report(a_frame("w21011-Avg=0.2", Flag="7", PNUM="2", PNO="2"))
    assert second.moments[0].time is None


def test_hj212_tells_which_checksum_a_frame_carries() -> None:
    """Whether its device may send that is the station's entry's matter."""
    for modbus, name in ((False, "hj212"), (True, "modbus")):
        coded = report(a_frame(modbus=modbus)).coded
        assert coded is not None
        assert coded.checksum == name


def test_hj212_good_frames_of_the_projects_table_decode() -> None:
    """Each to its header and factors, nothing of it refused."""
    for entry in standard_frames()["frames"]:
        found = report(entry["frame"].encode())
        expected = {
            code: float(said.get("Rtd") or said.get("Avg")) for code, said in entry["decoded"]["factors"].items()
        }
        values = {code: value for one in found.moments for code, value in one.values.items()}
        assert (found.station, values, found.refused) == (entry["decoded"]["header"]["MN"], expected, ()), entry["id"]


def test_hj212_bad_frames_of_the_projects_table_are_refused() -> None:
    """Each for what it is marked with, but for the slip of the standard itself, which is tolerated."""
    expected = {
        "neg-crc": Reason.CRC,
        "neg-length-short": Reason.LENGTH,
        "neg-no-head": Reason.SYNTAX,
        "neg-truncated": Reason.HALF_FRAME,
        "neg-cp-unclosed": Reason.SYNTAX,
        "neg-mn-length": Reason.SYNTAX,
    }
    bad = {entry["id"]: entry["frame"].encode() for entry in standard_frames()["negative"]}
    found = {id_: decode(payload) for id_, payload in bad.items()}
    assert {id_: one.reason for id_, one in found.items() if isinstance(one, Malformed)} == expected
    assert moment(bad["quirk-missing-w"]).values == {"w01001": 7.1, "w01018": 2.2}


def test_hj212_old_frames_of_the_projects_table_have_the_other_checksum() -> None:
    """Which is taken from a device whose entry says so, and from no other."""
    known = standard_frames()
    old = [entry["frame"] for entry in (*known["legacy_modbus"], *known["negative"]) if "modbus" in entry["id"]]
    assert len(old) == 4
    assert {coded.checksum for text in old if (coded := report(text.encode()).coded)} == {"modbus"}


def test_hj212_all_frames_found_in_public() -> None:
    """Sound exactly where the file says that length and checksum are."""
    with gzip.open(recorded("hj212_frames.csv.gz"), "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        found = decode(row["frame"].encode())
        assert isinstance(found, Report) == (row["crc_ok"] == row["len_ok"] == "1"), row["id"]
        assert isinstance(found, Malformed) or found.station == row["mn"]
