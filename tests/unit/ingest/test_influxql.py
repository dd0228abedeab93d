"""What is asked of InfluxDB, and how its answers are read."""

from __future__ import annotations

from typing import Any

import pytest

from ingest import influxql
from ingest.ports import StoredReading
from tests.support.ingest import HOUR, NOW, micros

T = micros(NOW)


def an_answer(points: list[Any], remarks: list[Any] | None = None) -> dict[str, Any]:
    """As InfluxDB gives it; remarks are (reason, rows)."""
    series = [{"name": "air", "tags": {"period": "1h"}, "columns": ["time", "value", "flag"], "values": points}]
    of_reasons = [
        {
            "name": "quality",
            "tags": {"period": "1h", "reason": reason},
            "columns": ["time", "flag", "received"],
            "values": rows,
        }
        for reason, rows in remarks or ()
    ]
    return {"results": [{"statement_id": 0, "series": series}, {"statement_id": 1, "series": of_reasons}]}


def a_stored(value: float | None, flag: int, reason: str = "") -> StoredReading:
    return StoredReading(instant=NOW, value=value, flag=flag, reason=reason)


def test_influxql_quotes_names_and_texts() -> None:
    """Nothing in a name ends its quotes."""
    asked = influxql.history("o'brien\\", 'a"b', NOW, NOW + HOUR, "1h")
    assert r'SELECT "a\"b" AS "value", "a\"b_flag" AS "flag" FROM "air", "source", "outfall"' in asked
    assert r""""station" = 'o\'brien\\' AND""" in asked
    assert f"time >= {T}u AND time <= {micros(NOW + HOUR)}u" in asked


def test_influxql_reads_readings() -> None:
    """By instant; what has no flag is another parameter's."""
    later = NOW + HOUR
    found = influxql.readings(an_answer([[micros(later), 2.0, 1], [T, 1, 1], [T + 1, None, None]]))
    assert found == [a_stored(1.0, 1), StoredReading(instant=later, value=2.0, flag=1, reason="")]


def test_influxql_reason_is_the_newest_for_its_flag() -> None:
    """A reading that was remarked on and corrected has only what holds now."""
    spike, flat = ("spike", [[T, 3, 5]]), ("flat_line", [[T, 3, 6]])
    assert influxql.readings(an_answer([[T, 1.0, 3]], [flat, spike])) == [a_stored(1.0, 3, "flat_line")]
    assert influxql.readings(an_answer([[T, 1.0, 1]], [flat, spike])) == [a_stored(1.0, 1)]
    assert influxql.readings(an_answer([[T, 1.0, 4]], [flat, spike])) == [a_stored(1.0, 4)]


def test_influxql_missing_has_no_value() -> None:
    """Though the field still holds the one before the correction."""
    assert influxql.readings(an_answer([[T, 1.0, 9]], [("no_value", [[T, 9, 5]])])) == [a_stored(None, 9, "no_value")]


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "error parsing query"},
        {"results": [{"statement_id": 0, "error": "timeout"}]},
        {"results": [{"statement_id": 0}, {"statement_id": 1, "error": "timeout"}]},
    ],
)
def test_influxql_answer_that_is_an_error_is_one(answer: dict[str, Any]) -> None:
    """It comes with status 200."""
    with pytest.raises(ValueError, match=r"timeout|parsing"):
        influxql.readings(answer)


def test_influxql_nothing_found_is_no_error() -> None:
    """No series at all."""
    assert influxql.readings({"results": [{"statement_id": 0}, {"statement_id": 1}]}) == []
