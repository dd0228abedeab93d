"""Frames out of a stream, whatever else is in it."""

from __future__ import annotations

import pytest

from ingest.codecs.hj212_stream import LONGEST_PIECE, Splitter
from tests.support.hj212 import DATA, a_frame, standard_frames

ONE, TWO = a_frame(), a_frame(DATA, QN="20261123101200000")
BARE, BARE_TWO = ONE.rstrip(b"\r\n"), TWO.rstrip(b"\r\n")


@pytest.mark.parametrize(
    ("stream", "pieces", "held"),
    [
        (ONE, [BARE], 0),
        (ONE + TWO, [BARE, BARE_TWO], 0),  # glued
        (BARE + BARE_TWO, [BARE, BARE_TWO], 0),  # glued, and without line ends
        (BARE + b"\n" + BARE_TWO + b"\n", [BARE, BARE_TWO], 0),  # as a file has them
        (ONE + TWO[:40], [BARE], 40),
        (TWO[:40] + b"\r\n" + ONE, [TWO[:40], BARE], 0),  # torn off, and another begins
        (TWO[:40] + ONE, [TWO[:40], BARE], 0),
        (b"noise" + ONE, [b"noise", BARE], 0),
        (ONE + b"noise" + TWO, [BARE, b"noise", BARE_TWO], 0),
        (b"#" + ONE, [b"#", BARE], 0),
        (b"##12" + ONE, [b"##12", BARE], 0),
        (ONE + b"##00", [BARE], 4),
        (b"noise", [], 5),
        (b"noise\r\nmore\r\n", [b"noise\r\nmore\r"], 0),
        (b"\r\n\r\n" + ONE + b"\r\n", [BARE], 0),
        (b"##0010" + ONE[6:] + TWO, [b"##0010" + BARE[6:], BARE_TWO], 0),  # says too little
        (b"##0500" + ONE[6:] + TWO, [b"##0500" + BARE[6:], BARE_TWO], 0),  # too much, into the next frame
        (b"##9999" + ONE[6:] + TWO, [b"##9999" + BARE[6:], BARE_TWO], 0),  # more than there may be
    ],
)
def test_stream_is_cut_where_frames_begin_and_end(stream: bytes, pieces: list[bytes], held: int) -> None:
    """In one go, and byte by byte."""
    whole = Splitter()
    assert (whole.feed(stream), whole.held) == (pieces, held)
    slow = Splitter()
    found = [piece for at in range(len(stream)) for piece in slow.feed(stream[at : at + 1])]
    left = slow.flush()
    assert b"".join(found + left).replace(b"\r", b"").replace(b"\n", b"") == b"".join(
        [*pieces, *whole.flush()]
    ).replace(b"\r", b"").replace(b"\n", b"")
    assert [piece for piece in pieces if piece in {BARE, BARE_TWO}] == [
        piece for piece in found if piece in {BARE, BARE_TWO}
    ]


def test_stream_flush_gives_what_waited() -> None:
    """Once, and then it begins anew."""
    splitter = Splitter()
    splitter.feed(ONE[:40])
    assert (splitter.flush(), splitter.flush(), splitter.held) == ([ONE[:40]], [], 0)
    assert splitter.feed(TWO) == [BARE_TWO]


@pytest.mark.parametrize("noise", [b"x", b"#", b"##", b"\xff", b"##1024", b"##1024\n", b"0"])
def test_stream_of_noise_is_held_within_bounds(noise: bytes) -> None:
    """However long it is, and however it comes: no byte is lost, and a frame after it is found."""
    splitter = Splitter()
    stream = noise * (200_000 // len(noise))
    out = 0
    for start in range(0, len(stream), 7919):
        for piece in splitter.feed(stream[start : start + 7919]):
            assert len(piece) <= LONGEST_PIECE
            out += len(piece)
        assert splitter.held <= LONGEST_PIECE
    assert out + splitter.held >= len(stream) - stream.count(b"\n")
    assert BARE in splitter.feed(b"\r\n" + ONE)


def test_stream_of_the_projects_table_gives_two_and_keeps_half() -> None:
    """The glued stream of the standards' frames."""
    known = standard_frames()
    stream = known["stream"] if isinstance(known["stream"], dict) else known["stream"][0]
    by_id = {entry["id"]: entry["frame"].rstrip("\r\n").encode() for entry in known["frames"]}
    splitter = Splitter()
    assert splitter.feed(stream["input"].encode()) == [by_id[id_] for id_ in stream["emit_ids"]]
    assert splitter.flush() == [stream["remainder"].encode()]
