"""What is said of an hour, and said again."""

from __future__ import annotations

from datetime import UTC, datetime

from alerts.air.calendar import Calendar
from alerts.air.model import IndexValue, Span
from alerts.revisions import NONE, WITHDRAWN, Figure, Figures, Revisions

NOW = datetime(2026, 11, 26, tzinfo=UTC)
GOOD, WORSE = Figure(2.0, 4, 4), Figure(3.0, 3, 4, "tp", "nh3_n")


def said(of: Revisions, was: Figures, now: Figures) -> list[tuple[str, float | None, int, str]]:
    return [(one.parameter, one.value, one.revision, one.reason) for one in words(of, was, now)]


def words(of: Revisions, was: Figures, now: Figures) -> list[IndexValue]:
    return of.said(was, now, Span.HOUR, 100, NOW)


def test_revisions_say_what_is_new_what_differs_and_what_holds_no_more() -> None:
    """Each as the next revision; what stays as it was is not said."""
    revisions = Revisions(station="s", calendar=Calendar(UTC))
    assert said(revisions, NONE, {"a": GOOD, "b": GOOD}) == [("a", 2.0, 1, ""), ("b", 2.0, 1, "")]
    assert said(revisions, {"a": GOOD, "b": GOOD}, {"a": GOOD, "b": WORSE}) == [("b", 3.0, 2, "")]
    assert said(revisions, {"a": GOOD, "b": WORSE}, {"a": GOOD, "b": WORSE}) == []
    assert said(revisions, {"a": GOOD, "b": WORSE}, {"b": WORSE}) == [("a", None, 3, WITHDRAWN)]
    assert said(revisions, {"b": WORSE}, {"a": GOOD, "b": WORSE}) == [("a", 2.0, 4, "")]
    assert revisions.of(Span.HOUR, 100) == 4


def test_revisions_count_on_after_a_checkpoint_and_forget_what_is_over() -> None:
    revisions, restored = (Revisions(station="s", calendar=Calendar(UTC)) for _ in range(2))
    said(revisions, NONE, {"a": GOOD})
    said(revisions, {"a": GOOD}, NONE)
    restored.load([(str(span), int(hour), int(count)) for span, hour, count in revisions.dump()])
    assert said(restored, NONE, {"a": GOOD}) == [("a", 2.0, 3, "")]
    restored.forget(101)
    assert restored.dump() == []


def test_revisions_say_what_a_figure_rests_on() -> None:
    """One that lacks a part is not checked; one that holds no more rests on nothing."""
    revisions = Revisions(station="s", calendar=Calendar(UTC), edition="gb3838-2002")
    (one,) = words(revisions, NONE, {"a": WORSE})
    assert (one.flag, one.have, one.of, one.missing, one.primary, one.edition) == (
        2,
        3,
        4,
        "tp",
        "nh3_n",
        "gb3838-2002",
    )
    (gone,) = words(revisions, {"a": WORSE}, NONE)
    assert (gone.flag, gone.have, gone.of, gone.missing, gone.primary) == (9, 0, 4, "", "")
