"""Frames of HJ 212 for tests, with a checksum of their own: bit by bit, as annex A prints it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.district import ROOT

MN = "350521C0000000000000CC01"
QN = "20261123091200123"
TIME = "20261123090000"  # its hour ends at 02:00 UTC, 17 minutes before `tests.support.ingest.NOW`
DATA = f"DataTime={TIME};w01018-Avg=40.1,w01018-Flag=N;w21003-Avg=1.25,w21003-Flag=M"


def register(data: bytes, *, modbus: bool = False) -> int:
    """The checksum by the standard's own algorithm, or by the one that old devices send."""
    crc = 0xFFFF
    for byte in data:
        crc = crc ^ byte if modbus else (crc >> 8) ^ byte
        for _ in range(8):
            lowest = crc & 1
            crc >>= 1
            if lowest:
                crc ^= 0xA001
    return crc


def framed(data: str | bytes, *, modbus: bool = False) -> bytes:
    """Head, length, checksum and line end round a data segment, whatever stands in it."""
    segment = data.encode() if isinstance(data, str) else data
    return b"##%04d%b%04X\r\n" % (len(segment), segment, register(segment, modbus=modbus))


def a_frame(cp: str = DATA, *, modbus: bool = False, **fields: str | None) -> bytes:
    """An hourly report; a field given as None is left out."""
    header: dict[str, str | None] = {"QN": QN, "ST": "32", "CN": "2061", "PW": "123456", "MN": MN, "Flag": "5"}
    header |= fields
    named = ";".join(f"{name}={value}" for name, value in header.items() if value is not None)
    return framed(f"{named};CP=&&{cp}&&", modbus=modbus)


def standard_frames() -> Mapping[str, Any]:
    """The project's table of frames, which the repository does not hold, or a skip."""
    folder = Path(os.environ.get("CLEARWARN_STANDARDS") or ROOT.parent / "shared" / "standards")
    file = folder / "hj212_frames.json"
    if not file.is_file():
        pytest.skip(f"no {file.name} in {folder} (set CLEARWARN_STANDARDS)")
    frames: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return frames
