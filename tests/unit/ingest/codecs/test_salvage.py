"""What is saved of a payload some of whose values are none."""

from __future__ import annotations

import json

import pytest

from ingest.codecs.json import decode
from ingest.codecs.report import Malformed
from ingest.model import Reason

WRONG_VALUE = {"station": "air-01", "time": "2026-11-24T08:00:00+08:00", "period": "1h", "values": {"pm2_5": "x"}}


@pytest.mark.parametrize(
    "also_wrong", [{"extra": 1}, {"seq": "1"}, {"marks": {"pm2_5": "Z"}}, {"times": {"pm2_5": "then"}}]
)
def test_salvage_gives_up_where_more_than_a_value_is_wrong(also_wrong: dict[str, object]) -> None:
    """A wrong value followed by a wrong key is a refused delivery, not an end of the service."""
    refused = decode(json.dumps(WRONG_VALUE | also_wrong).encode())
    assert isinstance(refused, Malformed)
    assert refused.reason is Reason.WRONG_SHAPE
