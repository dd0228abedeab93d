"""Unusual change: what is scored, what teaches, what is too little to say anything."""

from __future__ import annotations

import pytest

from alerts.deviation import HOUR, Deviation, Habit, joint
from alerts.windows import TO_LIFT, TO_RAISE, Seen

MINUTE = 60_000_000
BOTH = TO_RAISE | TO_LIFT
HABIT = Habit(over=HOUR, floor=0.01, recent=3, at_least=10, learn=2)


def fed(lens: Deviation, values: list[float], *, first: int = 0, may: int = BOTH) -> list[Seen | None]:
    """A value a minute."""
    return [lens.see((first + row) * MINUTE, value, may) for row, value in enumerate(values)]


def restless(count: int) -> list[float]:
    """About 7, a tenth up and down in turn, four rows each."""
    return [7.0 + (0.1 if row % 8 < 4 else -0.1) for row in range(count)]


def test_nothing_is_said_while_it_learns() -> None:
    """Two whole blocks have to be over, which the first row of the third shows."""
    found = fed(Deviation(habit=HABIT), restless(240))
    assert not any(found[:121])
    assert all(found[121:])


def test_ordinary_restlessness_scores_about_one() -> None:
    """What happens every hour is usual."""
    scores = [seen[0] for seen in fed(Deviation(habit=HABIT), restless(600))[180:] if seen]
    assert max(scores) < 1.5


def test_a_step_scores_once_most_of_the_newest_have_it() -> None:
    """The second of three: one value alone may be a spike. Ten times the usual two tenths score about ten."""
    lens = Deviation(habit=HABIT)
    fed(lens, restless(600))
    after = fed(lens, [9.0] * 3, first=600)
    scores = [seen[0] for seen in after if seen]
    assert scores[0] < 1.5
    assert scores[1] == pytest.approx(10, rel=0.2)


def test_a_new_level_becomes_usual_once_most_of_the_past_has_it() -> None:
    """After half of `over`: what lasts is for thresholds to judge."""
    lens = Deviation(habit=HABIT)
    fed(lens, restless(600))
    scores = [seen[0] for seen in fed(lens, [9.0] * 60, first=600) if seen]
    assert scores[5] > 5
    assert scores[59] == 0


def test_a_single_great_disturbance_hardly_changes_what_is_usual() -> None:
    """An hour of chaos in a hundred moves it by one step of `pace`."""
    lens = Deviation(habit=HABIT)
    fed(lens, restless(1201))
    before = lens.usual
    fed(lens, [1000.0, 0.0] * 30, first=1201)
    assert before is not None
    assert lens.usual == pytest.approx(before * 1.02)


def test_a_quiet_series_is_not_alarmed_by_its_resolution() -> None:
    """A flat series that moves by one digit scores one: `floor` is the least that counts as usual."""
    lens = Deviation(habit=HABIT)
    fed(lens, [7.0] * 300)
    seen = fed(lens, [7.01] * 3, first=300)[-1]
    assert seen is not None
    assert seen[0] == pytest.approx(1.0)


@pytest.mark.parametrize(("sign", "score"), [(1, -200.0), (-1, 200.0), (0, 200.0)])
def test_sign_says_which_way_is_grave(sign: int, score: float) -> None:
    """A fall of 2 from a flat line of resolution 0.01."""
    lens = Deviation(habit=HABIT, sign=sign)
    fed(lens, [7.0] * 300)
    seen = fed(lens, [5.0] * 2, first=300)[-1]
    assert seen is not None
    assert seen[0] == pytest.approx(score)


def test_doubtful_values_may_raise_and_not_lift() -> None:
    """As long as one of the newest may not lift, none of the scores may."""
    lens = Deviation(habit=HABIT)
    fed(lens, [7.0] * 300)
    lens.see(300 * MINUTE, 7.0, TO_RAISE)
    allowed = [seen[1] for seen in fed(lens, [7.0] * 3, first=301) if seen]
    assert allowed == [TO_RAISE, TO_RAISE, BOTH]


def test_what_may_not_raise_teaches_nothing() -> None:
    """Calibration gas is no water."""
    lens = Deviation(habit=HABIT)
    fed(lens, restless(300))
    before = lens.dump()
    assert fed(lens, [50.0] * 30, first=300, may=TO_LIFT) == [None] * 30
    assert lens.dump() == before


def test_after_a_gap_there_is_nothing_to_compare_with() -> None:
    """The past beyond `over` is gone; a score comes back with `at_least` values."""
    lens = Deviation(habit=HABIT)
    fed(lens, restless(300))
    found = fed(lens, [9.0] * 20, first=1000)
    assert not any(found[:12])
    assert all(found[12:])


def test_habits_that_tell_nothing_are_refused() -> None:
    """A floor of 0 would divide by it."""
    with pytest.raises(ValueError, match="floor above 0"):
        Habit(over=HOUR, floor=0.0)


def test_several_small_changes_count_for_a_great_one() -> None:
    """Three and four are five; what is alone stays what it is."""
    together = joint({"ph": 3.0, "cond": -4.0})
    assert (together.score, together.decisive) == (5.0, "cond")
    assert together.agreed == pytest.approx({"ph": 15**0.5, "cond": 20**0.5})
    assert joint({"ph": 3.0}).agreed == pytest.approx({"ph": 3.0})


def test_no_scores_cannot_be_joined() -> None:
    """There is no decisive one."""
    with pytest.raises(ValueError, match="no scores"):
        joint({})
