"""`clearwarn decode`: what is in a file of frames, without catalogue and without service."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import click

from ingest.codecs import hj212
from ingest.codecs.hj212_crc import Checksum
from ingest.codecs.hj212_frame import Frame, head, parse
from ingest.codecs.hj212_stream import Splitter
from ingest.codecs.report import Malformed
from ingest.model import Reason

_READ = 64 * 1024  # bytes at once: a file of any size takes no more memory than that
_SHOWN = 200  # characters of a refused frame
# The four words of the outside for the finer reasons that quarantine counts.
_WORDS: Mapping[Reason, str] = {
    Reason.CRC: "crc",
    Reason.LENGTH: "length",
    Reason.HALF_FRAME: "length",
    Reason.GLUED_FRAMES: "length",
    Reason.UNSUPPORTED: "unsupported",
}


class _Zone(click.ParamType[ZoneInfo]):
    name = "zone"

    def convert(self, value: str | ZoneInfo, param: click.Parameter | None, ctx: click.Context | None) -> ZoneInfo:
        try:
            return value if isinstance(value, ZoneInfo) else ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            self.fail(f"no such time zone: {value!r} (like Asia/Shanghai)", param, ctx)


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--codec", type=click.Choice(["hj212"]), required=True, help="What the file holds.")
@click.option(
    "--checksum",
    type=click.Choice([kind.value for kind in Checksum]),
    default=Checksum.HJ212.value,
    show_default=True,
    help="modbus: of old devices that send CRC-16/MODBUS in place of the standard's.",
)
@click.option("--zone", type=_Zone(), default="Asia/Shanghai", show_default=True, help="Of the times in the frames.")
def decode(*, file: BinaryIO, codec: str, checksum: str, zone: ZoneInfo) -> None:
    """Prints one JSON line for each frame in FILE (- for standard input). 解码报文。

    {"ok": true, "mn", "cn", "qn", "time", "values": {code: number}, "marks": {code: letter}}, or {"ok": false,
    "reason": "crc|length|syntax|unsupported", "detail", ...}. Codes and units are the device's: what they mean at a
    station is the catalogue's matter. `time` is the start of the period. A value that is none stands under "refused".

    Exit code 0 where every frame is sound, 1 where one is not, 2 for wrong usage.
    """
    del codec  # there is one so far
    bad = False
    for piece in _pieces(file):
        line = _told(piece, Checksum(checksum), zone)
        bad = bad or not line["ok"]
        click.echo(json.dumps(line, ensure_ascii=False))
    if bad:
        raise click.exceptions.Exit(1)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    splitter = Splitter()
    while data := file.read(_READ):
        yield from splitter.feed(data)
    yield from splitter.flush()


def _told(piece: bytes, kind: Checksum, zone: ZoneInfo) -> dict[str, Any]:
    frame = parse(piece, kind)
    if isinstance(frame, Malformed):
        return _refused(piece, frame, head(piece))
    report = hj212.report(frame, kind)
    if isinstance(report, Malformed):
        return _refused(piece, report, frame)
    line: dict[str, Any] = {"ok": True, "mn": frame.mn, "cn": frame.cn, "qn": frame.qn or None, "time": None}
    line |= {"values": {}, "marks": {}}
    for moment in report.moments:
        if moment.time is not None:
            line["time"] = moment.time.replace(tzinfo=zone).isoformat()
        line |= {"values": moment.values, "marks": moment.marks}
        if moment.times:
            line["times"] = {code: time.replace(tzinfo=zone).isoformat() for code, time in moment.times.items()}
    if frame.pnum is not None:
        line |= {"pnum": frame.pnum, "pno": frame.pno}
    if report.coded is not None and report.coded.equipment:
        line["machines"] = report.coded.equipment
    if report.refused:
        line["refused"] = {refused.parameter: refused.detail for refused in report.refused}
    return line


def _refused(piece: bytes, why: Malformed, frame: Frame | None) -> dict[str, Any]:
    named = {"mn": frame.mn, "cn": frame.cn, "qn": frame.qn or None} if frame is not None else {}
    text = piece[:_SHOWN].decode(errors="backslashreplace")
    return {"ok": False, "reason": _WORDS.get(why.reason, "syntax"), "detail": why.detail, **named, "frame": text}
