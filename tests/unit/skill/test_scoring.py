"""What skill is counted by, on rows that one can count by hand: one a quarter of an hour."""

from __future__ import annotations

from math import isnan, nan

import pytest

from tests.skill import report
from tests.skill.methods import Method, Scores, detector, thresholds, z_scores
from tests.skill.recordings import HOUR, Recording, events_in
from tests.skill.scoring import WEEK, Part, recall_within, sweep, tally

QUARTER = HOUR // 4


def part(scores: list[float], events: list[tuple[int, int]]) -> Part:
    return Part([row * QUARTER for row in range(len(scores))], scores, events)


def test_labels_close_together_are_one_event() -> None:
    labelled = [bool(int(digit)) for digit in "0110100000011"]
    assert events_in(labelled, joining=2) == [(1, 5), (11, 13)]
    assert events_in(labelled, joining=1) == [(1, 3), (4, 5), (11, 13)]


def test_an_alarm_within_an_event_finds_it_with_its_delay() -> None:
    found = tally([part([0, 0, 0, 9, 0, 0], [(2, 5)])], 5, stations=1)
    assert (found.found, found.false, found.delays) == (1, 0, (15.0,))
    assert (found.recall, found.precision, found.f1) == (1, 1, 1)


def test_an_alarm_that_stood_before_finds_nothing() -> None:
    """It told of something else."""
    found = tally([part([9, 9, 9, 9, 9, 0], [(2, 5)])], 5, stations=1)
    assert (found.found, found.false) == (0, 1)


def test_a_second_alarm_within_an_event_is_neither_found_nor_false() -> None:
    found = tally([part([9, 0, 0, 0, 0, 0, 9, 0], [(0, 8)])], 5, stations=1)
    assert (found.found, found.false) == (1, 0)


def test_an_alarm_ends_after_an_hour() -> None:
    """Five rows are more than an hour apart, four are not."""
    assert tally([part([9, 0, 0, 0, 9], [])], 5, stations=1).false == 1
    assert tally([part([9, 0, 0, 0, 0, 9], [])], 5, stations=1).false == 2


def test_weeks_are_those_of_stations() -> None:
    """Two parameters of one station, for a week each."""
    week = [0.0] * (WEEK // QUARTER + 1)
    assert tally([part(week, []), part(week, [])], 5, stations=1).weeks == pytest.approx(1)


def test_the_curve_takes_the_best_threshold_within_the_budget() -> None:
    """A budget of none leaves the event that stands out; one false alarm buys the other."""
    scores = [0.0] * 40
    scores[1], scores[7], scores[13] = 3, 5, 9
    swept = sweep([part(scores, [(1, 2), (13, 14)])], stations=1)
    week = 1 / swept[0].tally.weeks
    assert [recall_within(swept, budget * week) for budget in (0, 0.99, 1)] == [0.5, 0.5, 1]


def test_nothing_found_has_no_delay() -> None:
    assert isnan(tally([part([0.0, 0], [(0, 1)])], 5, stations=1).delay)


def recording(values: list[float], labelled: list[bool]) -> Recording:
    instants = [row * QUARTER for row in range(len(values))]
    events = {"ph": events_in(labelled, joining=1)}
    return Recording("made", instants, {"ph": values}, {"ph": 0.01}, events, {"ph": labelled})


@pytest.mark.parametrize(
    "method",
    [
        thresholds(),
        z_scores({"row": 8}),
        detector({"made": {"over": HOUR, "recent": 1, "at_least": 3, "block": HOUR, "learn": 4}}),
    ],
    ids=lambda method: method.name,
)
def test_every_method_sees_a_jump_and_scores_no_value_nothing(method: Method) -> None:
    values = [7.0 + (row % 3) / 10 for row in range(200)]
    values[100], values[150] = nan, 12.0
    scored = recording(values, [row == 150 for row in range(200)])
    for said, scorer in method.settings.items():
        scores = scorer(scored)["ph"]
        assert scores[100] == 0, said
        assert max(range(200), key=scores.__getitem__) == 150, said


def test_what_is_scored_was_not_tuned_on() -> None:
    """A setting that shines on the second half alone is not chosen; the threshold is of the first half too."""
    labelled = [row in {20, 70} for row in range(100)]
    made = recording([7.0] * 100, labelled)

    def scorer(first: float, second: float) -> Scores:
        return {"ph": [first if row == 20 else second if row == 70 else 0.0 for row in range(100)]}

    method = Method("m", {"early": lambda _: scorer(9, 1), "late": lambda _: scorer(0, 9)})
    trial = report.Trial("made", "", [made], [method, method], budgets=(1,), working=1)
    first, _ = report.run(trial, lambda _: None)
    assert first.setting == "early"
    assert (first.at_work.events, first.at_work.found) == (1, int(first.threshold < 1))
    assert "| m | early |" in report.markdown(trial, [first, first])
