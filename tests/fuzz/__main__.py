"""`make fuzz`: atheris on what devices send. It fails by raising, by taking longer than a second or too much memory.

Arguments are libFuzzer's: a folder where what it learns is kept, then options. A frame's checksum is mended before it
goes in, or chance would hardly ever get past it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ingest"]):
    from ingest.codecs import CODECS
    from ingest.codecs.hj212_crc import checksum
    from ingest.codecs.hj212_frame import Frame, encode, head, parse
    from ingest.codecs.hj212_stream import LONGEST_PIECE, Splitter
    from ingest.codecs.report import Malformed, Report

_SEED = (
    b"QN=20260315085000001;ST=32;CN=2051;PW=123456;MN=350521C0000000000000CC01;Flag=7;PNUM=2;PNO=1;"
    b"CP=&&DataTime=20260315084000;w00000-Cou=10.5,w00000-Avg=17.5,w00000-Flag=N;w01001-Avg=7.5,w01001-Flag=D&&"
)


def try_one(data: bytes) -> None:
    """The bytes as they are, as a data segment with head and checksum, and as a stream in two pieces."""
    mended = b"##%04d%b%04X\r\n" % (len(data) % 10_000, data, checksum(data[:9999]))
    for payload in (data, mended):
        for decode in CODECS.values():
            assert isinstance(decode(payload), Report | Malformed)
        head(payload)
        frame = parse(payload)
        if isinstance(frame, Frame):
            assert parse(encode(frame)) == frame
    splitter = Splitter()
    stream, out = data + mended + data, []
    for part in (stream[: len(data) // 2], stream[len(data) // 2 :]):
        out += splitter.feed(part)
        assert splitter.held <= LONGEST_PIECE
    out += splitter.flush()
    assert _bare(b"".join(out)) == _bare(stream)


def _bare(stream: bytes) -> bytes:
    return stream.replace(b"\r", b"").replace(b"\n", b"")


if __name__ == "__main__":
    (Path(sys.argv[1]) / "seed").write_bytes(_SEED)
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
