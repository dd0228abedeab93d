"""The count of flags, on rows that one can count by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

from ingest.model import Kind
from tests.skill.flags import Column, Count, Source, count, markdown

SOURCE = Source(
    title="made",
    file="",
    kind=Kind.SOURCE,
    interval=timedelta(minutes=15),
    period="instant",
    columns={"ph": Column("ph", label="label"), "turb": Column("turb")},
    points="clean points",
)


def rows(values: list[str], labels: list[str]) -> list[dict[str, str]]:
    start = datetime(2019, 1, 1)  # noqa: DTZ001  as the publishers write it
    return [
        {"time": (start + number * SOURCE.interval).isoformat(), "ph": value, "turb": "", "label": label}
        for number, (value, label) in enumerate(zip(values, labels, strict=True))
    ]


def test_labelled_points_are_counted_apart() -> None:
    """The range and the spike that nobody labelled; of the two labelled ones one is flagged. No value is no point."""
    found = count(SOURCE, rows(["7", "7.1", "-9999", "", "7.1", "9", "7.1", "20"], ["", "", "", "", "1", "", "", "5"]))
    assert found["ph"] == Count(5, {"range": 1, "spike": 1}, 2, 1)
    assert found["turb"] == Count(0, {}, 0, 0)
    assert found["turb"].share == 0


def test_the_table_sums_what_technicians_left_clean() -> None:
    other = SOURCE._replace(title="other", points="all points")
    table = markdown([(SOURCE, {"ph": Count(200, {"spike": 1}, 4, 2)}), (other, {"ph": Count(100, {}, 0, 0)})])
    assert "clean points** | all | 200 | 1 | 0.50 | spike 1 | 2 of 4 |" in table
    assert "| **all** | all | 300 | 1 | 0.33 | spike 1 | 2 of 4 |" in table
