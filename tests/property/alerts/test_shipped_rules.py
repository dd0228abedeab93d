"""Laws of every rule that is shipped, over streams at its own pace that reach as far back as a reading may be late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alerts.engine import Engine
from alerts.fold import Episode
from alerts.model import Change, Place, Transition
from alerts.moments import to_micros
from alerts.rules import Rule
from alerts.rules.change import ChangeRule
from alerts.rules.files import load_rules
from alerts.rules.forecast import ForecastRule
from alerts.rules.joint import JointRule
from alerts.rules.quality import QualityRule
from alerts.rules.rule import JudgedRule
from tests.support.rules import CONFIG, T0, ASample, a_place, an_engine, fed, told

LATENESS = timedelta(hours=72)
FOLDERS = [CONFIG / "rules", CONFIG / "rules" / "optional"]
PLACES_OF_A_MEAN = 3


@cache
def shipped() -> dict[str, list[JudgedRule]]:
    """The judged rules by their entry in the files; those over forecasts have laws of their own."""
    entries: dict[str, list[JudgedRule]] = {}
    for rule in (rule for folder in FOLDERS for rule in load_rules(folder)):
        if isinstance(rule, JudgedRule) and not isinstance(rule, ForecastRule):
            entries.setdefault(rule.entry, []).append(rule)
    return entries


def subject(rule: JudgedRule) -> Place:
    """A place that the rule looks at, whose series comes at the rule's pace; what has none, every five minutes."""
    step = rule.step_of(300_000_000) / 1e6
    kind = rule.select.kind or "air"
    of: dict[str, Any] = {"kind": kind, "interval_seconds": step, "limits": ((rule.parameter, 40.0),)}
    if rule.select.per == "area" and not rule.averages:
        return a_place("zone", area="zone", role="", is_area=True, kinds=(kind,), **{**of, "limits": ()})
    return a_place("s1", area="zone", role=rule.select.roles[0] if rule.select.roles else "", **of)


def places(rule: JudgedRule) -> list[Place]:
    first = subject(rule)
    if not rule.averages:
        return [first]
    return [replace(first, id=f"s{number}") for number in range(1, PLACES_OF_A_MEAN + 1)]


def confirming(rule: JudgedRule) -> list[JudgedRule]:
    """Those over values that may confirm it, of its own period."""
    if rule.leans_on is None:
        return []
    named = [one for name in rule.leans_on.with_ for one in shipped()[name]]
    found = [one for one in named if one.period == rule.period and one.exceeds(0.0) is not None]
    return found[:3]  # of however many


def changing(rule: JudgedRule) -> list[ChangeRule]:
    """The rules over single parameters whose scores a joint one hears: two are enough."""
    if not isinstance(rule, JointRule):
        return []
    return [one for one in shipped()[rule.of] if isinstance(one, ChangeRule) and one.period == rule.period][:2]


def quiet_day(rule: JudgedRule) -> list[ASample]:
    """What such a rule has to learn from."""
    return [_changed(one, number, 0.0, 1) for number in range(312) for one in changing(rule)]


def _changed(rule: ChangeRule, number: int, score: float, flag: int) -> ASample:
    """A value that differs from before by about so much of what is usual."""
    one = _sample(rule, subject(rule), number, 0.0, flag)
    return replace(one, value=100.0 + (score + number % 2) * rule.floors[rule.parameter])


def limits(rule: JudgedRule) -> list[float]:
    """Values at, below and above everything the rule compares with."""
    if isinstance(rule, QualityRule):
        return [7.0, 7.1]
    found = {0.1}
    for comparator in rule.ladder(3_600_000_000).comparators:
        scale = 40.0 if getattr(getattr(rule, "value", None), "of_limit", False) else 1.0
        for edge in (comparator.condition.raise_, comparator.condition.lift_at):
            found |= {round(edge * scale * share, 6) for share in (0.5, 0.99, 1.0, 1.01, 1.3, 12.0)}
    return sorted(found)


@st.composite
def streams(draw: st.DrawFn, rule: JudgedRule, *, reaching: bool = False) -> list[ASample]:
    """Stretches of two values by turns, with gaps and doubtful ones between; of each station of a mean.

    All of it within the lateness; `reaching`: with one stretch more that alone is as long as a reading may be late.
    """
    place, values = subject(rule), st.sampled_from(limits(rule))
    step = timedelta(seconds=place.interval_seconds)
    count, flag, gap = st.sampled_from([1, 2, 3, 6, 13, 40]), st.sampled_from([1, 1, 1, 1, 2, 3, 4]), st.integers(0, 5)
    seconds = [(one, draw(st.sampled_from(limits(one)))) for one in confirming(rule)]
    spoken = st.sets(st.integers(0, len(seconds)))
    shapes = draw(st.lists(st.tuples(values, values, count, flag, gap), min_size=1, max_size=8))
    if reaching:
        long = (draw(values), draw(values), LATENESS // step, 1, 0)
        shapes.insert(draw(st.integers(0, len(shapes))), long)
    found = quiet_day(rule)
    number = len(found) // 2
    for first, second, many, said, missing in shapes:
        number += missing
        silent = draw(spoken)
        beside = [(one, value) for place, (one, value) in enumerate(seconds) if place not in silent]
        for turn in range(many):
            value = first if turn % 2 else second
            if isinstance(rule, JointRule):  # a level for as long as the stretch is
                found += [_changed(one, number, first * 0.7, said) for one in changing(rule)]
            else:
                found += [_sample(rule, one, number, value, said) for one in places(rule)]
            found += [_sample(one, place, number, value, 1) for one, value in beside]
            number += 1
    last = T0 + LATENESS
    return found if reaching else [one for one in found if one.instant < last]


def _sample(rule: JudgedRule, place: Place, number: int, value: float, flag: int) -> ASample:
    instant = T0 + timedelta(seconds=place.interval_seconds) * number
    marked = isinstance(rule, QualityRule) and flag in {3, 4}
    return ASample(
        station=place.id,
        parameter=rule.parameter,
        period=rule.period,
        instant=instant,
        received_at=instant + timedelta(seconds=20),
        value=value,
        flag=flag,
        reason="flat_line" if marked else "",
    )


@st.composite
def delayed(draw: st.DrawFn, stream: Sequence[ASample]) -> list[ASample]:
    """The same in the order of another receipt: stretches late by up to the lateness, and shuffled; some twice."""
    place, length = st.integers(0, len(stream) - 1), st.sampled_from([1, 2, 5, 20])
    hours = st.sampled_from([1, 5, 30, 71.9])
    late: dict[int, timedelta] = {}
    for begin, count, by in draw(st.lists(st.tuples(place, length, hours), max_size=4)):
        late |= dict.fromkeys(range(begin, begin + count), timedelta(hours=by))
    chance = draw(st.randoms(use_true_random=False))
    arriving = [
        (one.received_at + late.get(number, timedelta(0)), chance.random() if number in late else 0.0, one)
        for number, one in enumerate(stream)
    ]
    again = draw(st.sets(place, max_size=5))
    arriving += [(stream[number].received_at + timedelta(hours=2), 1.0, stream[number]) for number in again]
    return [replace(one, received_at=at) for at, _, one in sorted(arriving, key=lambda each: each[:2])]


def one_of(entry: str) -> st.SearchStrategy[JudgedRule]:
    return st.sampled_from(shipped()[entry])


def engine_of(rule: JudgedRule) -> Engine:
    return an_engine(*changing(rule), rule, *confirming(rule), places=places(rule))


def own(rule: JudgedRule, found: Sequence[Transition]) -> list[Transition]:
    return [one for one in found if one.rule == rule.id]


def episodes(engine: Engine, rule: Rule, stream: Sequence[ASample]) -> list[Episode]:
    """Those that a reading may still reach: of older ones an engine knows more or less, as it has forgotten more."""
    since = to_micros(stream[-1].instant - LATENESS)
    watched = [name for owner, name in engine.subjects() if owner == rule.id]
    found = engine.episodes(rule.id, watched[0])
    return [episode for episode in found if episode.ended is None or episode.ended >= since]


ENTRIES = pytest.mark.parametrize("entry", sorted(shipped()))


@ENTRIES
@given(data=st.data())
@settings(max_examples=12)
def test_any_order_delay_and_repetition_within_the_lateness_ends_in_the_same_episodes(
    entry: str, data: st.DataObject
) -> None:
    rule = data.draw(one_of(entry))
    stream = data.draw(streams(rule, reaching=data.draw(st.booleans())))
    straight, mixed = engine_of(rule), engine_of(rule)
    fed(straight, stream)
    fed(mixed, data.draw(delayed(stream)))
    assert mixed.too_old == 0
    assert episodes(mixed, rule, stream) == episodes(straight, rule, stream)


@ENTRIES
@given(data=st.data())
@settings(max_examples=12)
def test_what_is_true_when_the_back_fill_ends_fires_now_and_what_is_over_is_discovered_late(
    entry: str, data: st.DataObject
) -> None:
    """All of it comes at once, in the end: each episode is told once, the one that lasts with its own onset."""
    rule = data.draw(one_of(entry))
    stream = data.draw(streams(rule))
    assume(stream[-1].flag < 3)  # of an area whose stations are all doubtful nothing is recent
    straight, engine = engine_of(rule), engine_of(rule)
    fed(straight, stream)
    found = own(rule, engine.feed(stream, stream[-1].received_at))
    known = episodes(straight, rule, stream)
    standing = [to_micros(one.onset) for one in found if one.change is Change.RAISED]
    cleared = sum(one.change is Change.CLEARED for one in found)
    lasting = [episode.onset for episode in known if episode.ended is None]
    told_of = standing[len(standing) - len(lasting) :]
    # a second parameter that comes after the raising may move its onset
    assert told_of == lasting or (rule.leans_on and all(map(int.__ge__, told_of, lasting)))
    assert len(standing) - cleared == len(lasting)
    over = [one for one in found if one.change in {Change.DISCOVERED_LATE, Change.CLEARED}]
    assert len(over) >= len(known) - len(lasting)


@ENTRIES
@given(data=st.data())
@settings(max_examples=8)
def test_a_revision_that_takes_the_ground_away_withdraws_it_and_lifts_nothing(entry: str, data: st.DataObject) -> None:
    rule = data.draw(one_of(entry))
    stream = data.draw(streams(rule))
    engine = engine_of(rule)
    before = own(rule, fed(engine, stream))
    now = stream[-1].received_at
    nothing = [replace(one, value=None, flag=9, reason="") for one in reversed(stream[len(quiet_day(rule)) :])]
    found = own(rule, [each for one in nothing for each in engine.feed([one], now)])
    stands = _standing(before)
    assert episodes(engine, rule, stream) == []
    withdrawn = [one for one in found if one.change is Change.BASIS_WITHDRAWN]
    assert len(withdrawn) >= int(stands and not any(one.change is Change.CLEARED for one in found))


def _standing(found: Sequence[Transition]) -> bool:
    raised = sum(one.change is Change.RAISED for one in found)
    return raised > sum(one.change is Change.CLEARED for one in found)


@ENTRIES
@given(data=st.data(), days=st.integers(1, 400))
@settings(max_examples=8)
def test_nothing_but_instants_counts(entry: str, data: st.DataObject, days: int) -> None:
    """Neither the clock nor the same sample again: what a sample said, it says once."""
    rule = data.draw(one_of(entry))
    stream = data.draw(streams(rule))
    once, often = engine_of(rule), engine_of(rule)
    expected = told(fed(once, stream))
    assert told(fed(often, [again for one in stream for again in (one, one, one)])) == expected
    assert often.advance(stream[-1].received_at + timedelta(days=days)) == []
    assert episodes(often, rule, stream) == episodes(once, rule, stream)
