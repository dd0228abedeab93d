"""`clearwarn decode`: one JSON line a frame."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from ingest.__main__ import clearwarn
from tests.support.hj212 import DATA, MN, QN, TIME, a_frame


def decoded(*arguments: str, given: bytes = b"") -> tuple[Result, list[dict[str, Any]]]:
    result = CliRunner().invoke(clearwarn, ["decode", "--codec", "hj212", *arguments], input=given)
    return result, [json.loads(line) for line in result.stdout.splitlines()]


def test_decode_says_what_a_frame_says(tmp_path: Path) -> None:
    """From a file; all sound is exit code 0."""
    file = tmp_path / "frames"
    file.write_bytes(a_frame() + a_frame(CN="9015", QN=None))
    result, lines = decoded(str(file))
    assert (result.exit_code, lines) == (
        0,
        [
            {
                "ok": True,
                "mn": MN,
                "cn": "2061",
                "qn": QN,
                "time": "2026-11-23T09:00:00+08:00",
                "values": {"w01018": 40.1, "w21003": 1.25},
                "marks": {"w21003": "M"},
            },
            {"ok": True, "mn": MN, "cn": "9015", "qn": None, "time": None, "values": {}, "marks": {}},
        ],
    )


def test_decode_says_why_a_frame_is_none() -> None:
    """From standard input; one that is not sound is exit code 1, and the others are decoded all the same."""
    good = a_frame()
    bad = [
        good[:-6] + b"0000\r\n",
        b"##0010" + good[6:],
        a_frame(CN="7777"),
        a_frame("DataTime=x;w01018-Avg=1"),
        b"noise\r\n",
        "##0500QN=排口\r\n".encode("gbk"),
        good[:50],
    ]
    result, lines = decoded("-", given=good + b"".join(bad))
    assert result.exit_code == 1
    assert [line["ok"] for line in lines] == [True] + [False] * 7
    assert [line["reason"] for line in lines[1:]] == [
        "crc",
        "length",
        "unsupported",
        "syntax",
        "syntax",
        "length",
        "length",
    ]
    assert lines[1]["mn"] == MN
    assert all(line["detail"] and line["frame"] for line in lines[1:])


def test_decode_shows_what_else_there_is() -> None:
    """Packet numbers, own times, machines, and values that are none."""
    cp = f"DataTime={TIME};w01018-Rtd=1,w01018-SampleTime=20261123080000;w21003-Rtd=x;SB1-RS=1"
    _, (line,) = decoded("-", "--zone", "Asia/Tokyo", given=a_frame(cp, CN="2011", Flag="7", PNUM="2", PNO="1"))
    assert (line["pnum"], line["pno"], line["machines"]) == (2, 1, "SB1-RS=1")
    assert line["times"] == {"w01018": "2026-11-23T08:00:00+09:00"}
    assert line["refused"] == {"w21003": "'x' is no number"}


def test_decode_shows_a_packet_whose_time_stands_in_another() -> None:
    """Each line is one frame and no more."""
    _, (line,) = decoded("-", given=a_frame("w01018-Avg=1", Flag="7", PNUM="2", PNO="2"))
    assert (line["ok"], line["time"], line["values"], line["pno"]) == (True, None, {"w01018": 1.0}, 2)


def test_decode_takes_the_other_checksum_where_it_is_told_to() -> None:
    """And then no other."""
    old, new = a_frame(DATA, modbus=True), a_frame()
    assert [line["ok"] for line in decoded("-", given=old + new)[1]] == [False, True]
    assert [line["ok"] for line in decoded("-", "--checksum", "modbus", given=old + new)[1]] == [True, False]


def test_decode_of_a_zone_that_is_none_is_wrong_usage() -> None:
    """Exit code 2, with a word on what is wanted."""
    result, _ = decoded("-", "--zone", "Mars/Olympus")
    assert (result.exit_code, "Asia/Shanghai" in result.stderr) == (2, True)
