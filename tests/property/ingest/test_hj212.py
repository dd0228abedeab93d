"""Laws of HJ 212: whatever comes over a wire, nothing is raised, nothing is lost, and what was written is read."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.codecs import hj212_factors as factors
from ingest.codecs.hj212 import decode
from ingest.codecs.hj212_answer import answer
from ingest.codecs.hj212_crc import Checksum, checksum
from ingest.codecs.hj212_frame import LONGEST_DATA, Frame, encode, head, parse
from ingest.codecs.hj212_stream import LONGEST_PIECE, Splitter
from ingest.codecs.report import Malformed, Report
from ingest.model import Delivery
from ingest.walk import Walk
from tests.property.ingest.test_laws import fates
from tests.support.hj212 import MN, TIME, a_frame, framed, register
from tests.support.ingest import NOW, a_catalog, a_parameter, a_station

CATALOG = a_catalog(
    a_station(id="out-1", kind="outfall", parameters=("cod", "nh3_n"), zone="Asia/Shanghai", mn=MN),
    cod=a_parameter(unit="mg/L", hj212="w01018"),
    nh3_n=a_parameter(unit="mg/L", hj212="w21003"),
)

words = st.sampled_from(
    [
        *("w01018", "w21003", "a34004", "01018", "SB1", "Rtd", "Avg", "Flag", "RS", "SampleTime", "N", "M", "好", ""),
        *("-", "=", ";", ",", "&&", " ", "##", "\r\n", "7.1", "-3", "nan", "1e999", "1_0"),
        *(TIME, "DataTime=", f"DataTime={TIME}"),
    ]
)
contents = st.lists(words, max_size=40).map("".join)
factor = st.builds(
    "{}-{}={},{}".format,
    st.sampled_from(["w01018", "w21003", "w77777", "x"]),
    st.sampled_from(["Rtd", "Avg", "Cou"]),
    st.floats(-1e6, 1e6).map("{:.3f}".format) | words,
    st.sampled_from(["w01018-Flag=N", "w21003-Flag=M", "w01018-Flag=", "w01018-Min=1"]),
)
reports = st.lists(factor, max_size=6).map(lambda found: ";".join([f"DataTime={TIME}", *found]))
commands = st.sampled_from(["2011", "2051", "2061", "2031", "2021", "9014", "1013", "7777"])
frames = st.builds(
    lambda cp, cn, flag, modbus: a_frame(cp, CN=cn, Flag=flag, PNUM="2", PNO="2", modbus=modbus),
    contents | reports,
    commands,
    st.sampled_from(["4", "5", "7", "9", "63", "x", None]),
    st.booleans(),
)
damaged = st.builds(
    lambda whole, at, byte: whole[:at] + byte + whole[at + 1 :], frames, st.integers(0, 200), st.binary(max_size=2)
)
payloads = frames | damaged | st.binary(max_size=300) | contents.map(framed) | st.binary(max_size=100).map(framed)


@given(data=st.binary(max_size=2000))
def test_checksum_is_the_standards_own_bit_by_bit(data: bytes) -> None:
    """For any bytes, of any length, and for the other one."""
    assert checksum(data) == register(data)
    assert checksum(data, Checksum.MODBUS) == register(data, modbus=True)


@settings(max_examples=400)
@given(payload=payloads)
def test_hj212_decode_never_raises(payload: bytes) -> None:
    """Any bytes come to a report or to a reason; `head` and `answer` neither."""
    assert isinstance(decode(payload), Report | Malformed)
    head(payload)
    found = parse(payload)
    if isinstance(found, Frame) and (reply := answer(found)) is not None:
        assert isinstance(parse(encode(reply)), Frame)


texts = st.text(st.characters(codec="utf-8", exclude_characters="&;,=\r\n"), max_size=60)


@given(
    st_=st.from_regex(r"[0-9]{2}", fullmatch=True),
    cn=st.from_regex(r"[0-9]{4}", fullmatch=True),
    mn=st.from_regex(r"[0-9A-Z]{24}", fullmatch=True),
    qn=st.from_regex(r"[0-9]{17}", fullmatch=True) | st.just(""),
    pw=st.from_regex(r"[0-9A-Za-z]{0,6}", fullmatch=True),
    flag=st.sampled_from([None, 0, 1, 4, 5, 8, 9]),
    numbers=st.none() | st.tuples(st.integers(2, 99), st.integers(1, 2)),
    cp=texts,
    kind=st.sampled_from(Checksum),
)
def test_frame_written_is_the_frame_read(  # noqa: PLR0917
    st_: str,
    cn: str,
    mn: str,
    qn: str,
    pw: str,
    flag: int | None,
    numbers: tuple[int, int] | None,
    cp: str,
    kind: Checksum,
) -> None:
    """Field by field, with either checksum."""
    of, number = numbers or (None, None)
    packets = flag if flag is None or numbers is None else flag | 2
    frame = Frame(st_, cn, mn, cp, qn, pw, packets, of, number)
    assert parse(encode(frame, kind), kind) == frame


@given(cp=contents | reports, wanted=st.sampled_from(["Rtd", "Avg"]))
def test_hj212_short_way_through_cp_comes_to_the_same_as_the_long_one(cp: str, wanted: str) -> None:
    """Where it is taken at all."""
    simple = factors.simple(cp, wanted)
    if simple is None:
        return
    content = factors.read(cp, "32")
    assert not isinstance(content, Malformed)
    assert simple == (content.fields["DataTime"], factors.values(content, wanted))


@settings(max_examples=200)
@given(
    pieces=st.lists(
        frames | damaged | st.binary(max_size=60) | st.sampled_from([b"##", b"##1024", b"\r\n"]), max_size=8
    ),
    data=st.data(),
)
def test_stream_loses_no_byte_however_it_is_cut(pieces: list[bytes], data: st.DataObject) -> None:
    """But for line ends between pieces; and it never holds more than it may."""
    stream = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    splitter = Splitter()
    out = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        out += splitter.feed(stream[start:end])
        assert splitter.held <= LONGEST_PIECE
    out += splitter.flush()
    assert all(0 < len(piece) <= LONGEST_PIECE for piece in out)
    assert _without_line_ends(b"".join(out)) == _without_line_ends(stream)


def _without_line_ends(stream: bytes) -> bytes:
    return stream.replace(b"\r", b"").replace(b"\n", b"")


whole = st.builds(
    lambda cp, cn: a_frame(cp, CN=cn),
    st.text(st.characters(codec="ascii", exclude_characters="&#\r\n"), max_size=LONGEST_DATA // 2),
    commands,
)
between = st.binary(max_size=40).map(lambda found: found.replace(b"#", b"")) | st.just(b"")


@settings(max_examples=200)
@given(stream=st.lists(st.tuples(between, whole), max_size=6), data=st.data())
def test_stream_finds_every_sound_frame(stream: list[tuple[bytes, bytes]], data: st.DataObject) -> None:
    """Whatever lies between them, and wherever the network cuts."""
    glued = b"".join(noise + frame for noise, frame in stream)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(glued)), max_size=6)))
    splitter = Splitter()
    out = [
        piece
        for start, end in zip([0, *cuts], [*cuts, len(glued)], strict=True)
        for piece in splitter.feed(glued[start:end])
    ]
    assert [piece for piece in out if isinstance(parse(piece), Frame)] == [frame.rstrip(b"\r\n") for _, frame in stream]


@settings(max_examples=300)
@given(
    payload=payloads,
    topic=st.sampled_from(
        ["clearwarn/v1/outfall/out-1/hj212", f"clearwarn/v1/tcp/{MN}/hj212", "clearwarn/v1/tcp/x/hj212"]
    ),
    received_at=st.just(NOW) | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_walk_balances_whatever_a_device_says(payload: bytes, topic: str, received_at: datetime) -> None:
    """received == stored + duplicates + refusals."""
    outcome = Walk(catalog=CATALOG).take(Delivery(topic, payload, received_at, 1))
    received, settled = fates([outcome.flagged])
    assert received == settled
    assert len(outcome.readings) == sum(len(values) for _, _, values in outcome.flagged.groups)
