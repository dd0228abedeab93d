"""Payloads of each kind, as devices send them, and the readings they come to with the shipped catalogue.

Each file is reviewed by eye: what it expects is written, not generated.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from ingest.model import Delivery, Flag, Foretelling, Kind
from ingest.settings import load_catalog
from ingest.walk import Walk

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tests" / "golden" / "payloads"
FILES = sorted(FOLDER.glob("*/*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_golden_payload_comes_to_its_readings(file: Path) -> None:
    """Value, instant, flag and reason of each, and what was refused."""
    golden = json.loads(file.read_text(encoding="utf-8"))
    delivery = Delivery(
        golden["topic"], json.dumps(golden["payload"]).encode(), datetime.fromisoformat(golden["received_at"]), 1
    )
    outcome = Walk(catalog=load_catalog(ROOT / "config")).take(delivery)
    found = [
        f"{r.parameter} {r.period} {r.instant.isoformat()} {r.value} {Flag(r.flag).name.lower()} {r.reason}".strip()
        for r in outcome.readings
    ]
    assert found == golden["readings"]
    assert [f"{reason} {parameter}" for reason, _, parameter, _ in outcome.flagged.refusals] == golden["refused"]
    assert {reading.kind for reading in outcome.readings} == {file.parent.name}


def test_golden_payloads_are_there_for_each_kind() -> None:
    """A kind without one is not finished."""
    assert {file.parent.name for file in FILES} == {*Kind, Foretelling.FORECAST}
