"""One frame: checksum, length, header; and back again."""

from __future__ import annotations

import pytest

from ingest.codecs.hj212_crc import Checksum, checksum
from ingest.codecs.hj212_frame import Edition, Frame, encode, head, parse
from ingest.codecs.report import Malformed
from ingest.model import Reason
from tests.support.hj212 import MN, QN, a_frame, framed

# HJ 212-2017 annex A, and the example of 2025.
OFFICIAL = b"##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&1C80\r\n"  # noqa: E501
OFFICIAL_2025 = b"##0087QN=20240601085857223;ST=32;CN=1011;PW=123456;MN=010000A8900016F000169DC0;Flag=9;CP=&&&&2200\r\n"


def sound(payload: bytes, kind: Checksum = Checksum.HJ212) -> Frame:
    found = parse(payload, kind)
    assert isinstance(found, Frame), found
    return found


@pytest.mark.parametrize(
    ("data", "standard", "modbus"),
    [
        (b"", 0xFFFF, 0xFFFF),
        (b"1", 0x9481, 0x947E),
        (b"123456789", 0x2F80, 0x4B37),
        (OFFICIAL[6:-6], 0x1C80, 0x0759),
        (OFFICIAL_2025[6:-6], 0x2200, 0xCCF4),
    ],
)
def test_checksum_is_that_of_the_standard_and_not_modbus(data: bytes, standard: int, modbus: int) -> None:
    """The figures of the standard's examples, recomputed."""
    assert (checksum(data), checksum(data, Checksum.MODBUS)) == (standard, modbus)


def test_frame_of_the_standard_is_read_and_written_byte_for_byte() -> None:
    """Annex A of 2017; the line end may be missing."""
    found = sound(OFFICIAL)
    assert found == Frame("32", "1062", "010000A8900016F000169DC0", "RtdInterval=30", "20160801085857223", "100000", 5)
    assert encode(found) == OFFICIAL
    assert sound(OFFICIAL.rstrip(b"\r\n")) == found


@pytest.mark.parametrize(
    ("flag", "edition", "answered", "plain"),
    [
        (None, Edition.HJT_2005, False, 0),
        ("1", Edition.HJT_2005, True, 0),
        ("4", Edition.HJ_2017, False, 4),
        ("5", Edition.HJ_2017, True, 4),
        ("8", Edition.HJ_2025, False, 8),
        ("9", Edition.HJ_2025, True, 8),
    ],
)
def test_frame_flag_tells_edition_and_wish(flag: str | None, edition: Edition, answered: bool, plain: int) -> None:  # noqa: FBT001
    """Bits 7 to 2 are the edition, bit 0 asks for an answer."""
    found = sound(a_frame(Flag=flag))
    assert (found.edition, found.wants_answer, found.plain_flag) == (edition, answered, plain)


def test_frame_of_several_packets_and_one_sent_again() -> None:
    """PNUM and PNO where Flag says so, RF in edition 2025."""
    found = sound(a_frame(Flag="7", PNUM="2", PNO="1"))
    assert (found.pnum, found.pno) == (2, 1)
    assert sound(a_frame(Flag="9", RF="1")).rf == "1"
    assert sound(encode(found)) == found


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.SYNTAX),
        (b"##", Reason.SYNTAX),
        (a_frame()[1:], Reason.SYNTAX),  # one # is missing
        (b"##01x1" + a_frame()[6:], Reason.SYNTAX),
        (a_frame()[:-6] + b"0000\r\n", Reason.CRC),
        (a_frame().replace(b"40.1", b"40.7"), Reason.CRC),
        (a_frame(modbus=True), Reason.CRC),
        (a_frame()[:60], Reason.HALF_FRAME),
        (a_frame()[:-4], Reason.HALF_FRAME),  # two digits of the checksum are missing
        (a_frame() + a_frame(), Reason.GLUED_FRAMES),
        (b"##0500" + a_frame()[6:], Reason.LENGTH),
        (b"##0010" + a_frame()[6:], Reason.LENGTH),
        (a_frame("x" * 1024), Reason.LENGTH),  # longer than the standard allows
        (framed("QN=1"), Reason.SYNTAX),
        (framed(f"QN={QN};ST=32;CN=2061;MN={MN};Flag=5;CP=&&DataTime=1"), Reason.SYNTAX),
        (a_frame("a=1&&b=2"), Reason.SYNTAX),
        (a_frame(MN="350521A0"), Reason.SYNTAX),
        (a_frame(MN="clearwarn/v1/air/+"), Reason.SYNTAX),
        (a_frame(MN=None), Reason.SYNTAX),
        (a_frame(CN="20 61"), Reason.SYNTAX),
        (a_frame(CN=None), Reason.SYNTAX),
        (a_frame(QN="today"), Reason.SYNTAX),
        (a_frame(Flag="five"), Reason.SYNTAX),
        (a_frame(Flag="7"), Reason.SYNTAX),  # promises packet numbers
        (a_frame(Flag="7", PNUM="2", PNO="3"), Reason.SYNTAX),
        (a_frame(Flag="12"), Reason.UNSUPPORTED),  # an edition to come
        (a_frame(Colour="red"), Reason.SYNTAX),
        (framed(f"nonsense;ST=32;CN=2061;MN={MN};CP=&&&&"), Reason.SYNTAX),
        (framed(f"ST=32;ST=32;CN=2061;MN={MN};CP=&&&&"), Reason.REPEATED_KEY),
        (framed(f"ST=32;CN=2061;MN={MN};CP=&&站=好&&".encode("gbk")), Reason.NOT_UTF8),
    ],
)
def test_frame_that_is_not_sound_has_its_reason(payload: bytes, reason: Reason) -> None:
    """Strict on the frame: each way of being broken is counted by itself."""
    found = parse(payload)
    assert isinstance(found, Malformed)
    assert found.reason is reason, found.detail


def test_frame_with_chinese_in_utf8_is_sound() -> None:
    """Its length is that of the bytes."""
    assert sound(a_frame("Info=排口")).cp == "Info=排口"


def test_frame_tells_where_its_checksum_would_be_right() -> None:
    """A hint for whoever sets the station up; taken it is not."""
    found = parse(a_frame(modbus=True))
    assert isinstance(found, Malformed)
    assert "modbus" in found.detail
    assert sound(a_frame(modbus=True), Checksum.MODBUS).mn == MN
    other_way = parse(a_frame(), Checksum.MODBUS)
    assert isinstance(other_way, Malformed)
    assert other_way.reason is Reason.CRC


def test_frame_of_2025_that_is_encrypted_is_said_to_be_so() -> None:
    """SM4 over CP, the checksum from before: no key is known, so that it is unsupported and not damaged."""
    clear = a_frame("DataTime=20261123090000;", Flag="9")
    secret = clear.replace(b"DataTime=2026112", bytes(range(128, 144)))
    found = parse(secret)
    assert isinstance(found, Malformed)
    assert (found.reason, "SM4" in found.detail) == (Reason.UNSUPPORTED, True)
    old = parse(a_frame("DataTime=20261123090000;").replace(b"DataTime=2026112", bytes(range(128, 144))))
    assert isinstance(old, Malformed)
    assert old.reason is Reason.CRC


def test_frame_header_with_a_comma_is_read() -> None:
    """As an example of the standard itself has it."""
    assert sound(framed(f"QN={QN},ST=32;CN=2061;PW=1;MN={MN};Flag=5;CP=&&&&")).qn == QN


def test_head_of_a_broken_frame_says_whom_it_speaks_for() -> None:
    """For counting: half a frame too, where its header is there."""
    found = head(a_frame()[:140])
    assert found is not None
    assert (found.mn, found.cn) == (MN, "2061")
    assert head(a_frame()[:30]) is None


def test_encode_refuses_what_the_standard_does_not_allow() -> None:
    """1024 bytes of data, and no more."""
    with pytest.raises(ValueError, match="1024"):
        encode(Frame("32", "2061", MN, "x" * 1000))
