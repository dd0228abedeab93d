"""Laws of several parameters that change at once: any order ends the same, silence lifts nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby, pairwise
from math import hypot
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.deviation import Deviation, Habit
from alerts.engine import Engine
from alerts.model import Change, Transition
from alerts.moments import length, to_micros
from alerts.rules import Rule
from alerts.windows import TO_LIFT, TO_RAISE
from tests.support.rules import STEP, T0, ASample, a_place, a_rule, an_engine, fed, told

PARAMETERS = ("cond", "ph", "turb")
ALONE, FLOOR, RAISE, LIFT = 6.0, 1.5, 5.0, 3.0
FLOORS = dict.fromkeys(PARAMETERS, 1.0)
LEARN, OVER, RECENT, AT_LEAST = 2, timedelta(minutes=30), 2, 2
PLACE = a_place()


def changes() -> list[Rule]:
    """One a parameter; they learn two hours."""
    entry = a_rule(
        id="change",
        kind="change",
        over="30m",
        recent=RECENT,
        at_least=AT_LEAST,
        learn=LEARN,
        floors=FLOORS,
        select={"kind": "source", "parameter": PARAMETERS, "period": "5m"},
        levels={"yellow": {"raise": ALONE, "samples": 2}},
        accept=["pass", "unchecked", "suspect"],
    )
    return [*entry.expanded()]


def together(**given: Any) -> Rule:
    level = {"raise": RAISE, "lift": LIFT, "samples": 2, "lift_samples": 2}
    select = {"kind": "source", "parameter": "joint_change", "period": "5m"}
    accept = ["pass", "unchecked", "suspect"]
    fixed: dict[str, Any] = {"id": "joint", "kind": "joint", "of": "change", "floor": FLOOR, "accept": accept}
    return a_rule(**fixed, select=select, levels={"yellow": {**level, **given}})


RULES = st.fixed_dictionaries({"samples": st.integers(1, 3), "lift_samples": st.integers(1, 3)}).map(
    lambda given: together(**given)
)


def a_sample(parameter: str, step: int, value: float, flag: int = 1) -> ASample:
    instant = T0 + STEP * step
    return ASample(parameter=parameter, instant=instant, received_at=instant, value=value, flag=flag)


@st.composite
def streams(draw: st.DrawFn) -> list[ASample]:
    """Three hours to learn from, then stretches of other levels, each parameter with silences of its own."""
    found = [a_sample(name, step, 10.0 + step % 2) for step in range(36) for name in PARAMETERS]
    step = 36
    for _ in range(draw(st.integers(1, 6))):
        levels = {name: draw(st.sampled_from([10.0, 10.0, 13.0, 14.5, 16.0, 30.0])) for name in PARAMETERS}
        spoken = draw(st.sets(st.sampled_from(PARAMETERS), min_size=1))
        flag = draw(st.sampled_from([1, 1, 1, 3, 4]))
        for _ in range(draw(st.sampled_from([1, 2, 3, 8]))):
            found += [a_sample(name, step, levels[name] + step % 2, flag) for name in PARAMETERS if name in spoken]
            step += 1
        step += draw(st.sampled_from([0, 0, 0, 1, 9]))
    return found


def engine_of(rule: Rule) -> Engine:
    return an_engine(*changes(), rule, places=[PLACE])


def delivered(stream: Sequence[ASample]) -> Iterator[list[ASample]]:
    """All of an instant at once, as a station sends it."""
    return (list(group) for _, group in groupby(stream, key=lambda one: one.instant))


def live(engine: Engine, stream: Sequence[ASample]) -> list[Transition]:
    return [one for group in delivered(stream) for one in engine.feed(group, group[0].received_at)]


@st.composite
def disorders(draw: st.DrawFn, stream: list[ASample]) -> list[ASample]:
    """Shuffled and repeated; where it is wrong first, put right in the end."""
    learned = [one for one in stream if one.instant >= T0 + STEP * 34]
    wrong = draw(st.lists(st.sampled_from(learned), max_size=4, unique_by=lambda one: (one.parameter, one.instant)))
    first = [replace(one, value=draw(st.sampled_from([10.0, 14.5, 30.0]))) for one in wrong]
    again = draw(st.lists(st.sampled_from(stream), max_size=4))
    late = draw(st.lists(st.sampled_from(learned), max_size=12))
    early = [one for one in stream if one not in late]
    shuffled = draw(st.booleans())
    return [
        *first,
        *(draw(st.permutations(early)) if shuffled else early),
        *draw(st.permutations([*late, *again])),
        *wrong,
    ]


@given(rule=RULES, stream=streams(), data=st.data())
@settings(max_examples=60)
def test_any_order_repetition_and_correction_ends_in_the_same_episodes(
    rule: Rule, stream: list[ASample], data: st.DataObject
) -> None:
    straight, mixed = engine_of(rule), engine_of(rule)
    live(straight, stream)
    arriving = data.draw(disorders(stream))
    now = stream[-1].received_at
    cuts = sorted(data.draw(st.sets(st.integers(0, len(arriving)))) | {0, len(arriving)})
    for begin, end in pairwise(cuts):
        mixed.feed([replace(one, received_at=now) for one in arriving[begin:end]], now)
    assert mixed.episodes("joint", "s1") == straight.episodes("joint", "s1")


@given(rule=RULES, stream=streams(), cut=st.integers(0, 80))
@settings(max_examples=60)
def test_a_restart_anywhere_changes_nothing(rule: Rule, stream: list[ASample], cut: int) -> None:
    """Snapshot as JSON, another engine, and on; also where it was listening."""
    groups = [*delivered(stream)]
    straight, first = engine_of(rule), engine_of(rule)
    expected = told(live(straight, stream))
    before = [one for group in groups[:cut] for one in first.feed(group, group[0].received_at)]
    second = Engine(rules=[*changes(), rule], places=[PLACE])
    second.restore(orjson.loads(orjson.dumps(first.snapshot(), default=tuple)))
    after = [one for group in groups[cut:] for one in second.feed(group, group[0].received_at)]
    assert told(before + after) == expected
    assert second.episodes("joint", "s1") == straight.episodes("joint", "s1")


@given(rule=RULES, stream=streams(), cut=st.integers(1, 80))
@settings(max_examples=60)
def test_recall_gives_the_episodes_of_the_whole_and_tells_nothing_twice(
    rule: Rule, stream: list[ASample], cut: int
) -> None:
    groups = [*delivered(stream)]
    past, rest = groups[:cut], groups[cut:]
    whole, engine = engine_of(rule), engine_of(rule)
    before = {one.id for group in past for one in whole.feed(group, group[0].received_at)}
    engine.lack_past()
    now = past[-1][0].received_at
    found = engine.recall(["s1"], [one for group in past for one in group], now, until=now, judged=True)
    assert {one.id for one in found} <= before
    for group in rest:
        assert [one.id for one in engine.feed(group, group[0].received_at)] == [
            one.id for one in whole.feed(group, group[0].received_at)
        ]
    assert engine.episodes("joint", "s1") == whole.episodes("joint", "s1")


@given(stream=streams(), cut=st.integers(36, 80), silent=st.sampled_from(PARAMETERS))
@settings(max_examples=60)
def test_a_parameter_that_falls_silent_while_it_is_part_of_it_lifts_nothing(
    stream: list[ASample], cut: int, silent: str
) -> None:
    """Whatever the others say from then on, short of changing together once more."""
    engine = engine_of(together())
    before = [one for one in stream if one.instant < T0 + STEP * cut]
    after = [one for one in stream if one.instant >= T0 + STEP * cut and one.parameter != silent]
    found = [one for one in live(engine, before) if one.rule == "joint"]
    standing = bool(found) and found[-1].change is not Change.CLEARED
    if standing and silent in _last_great(before) and _last_great([*before, *after]) == _last_great(before):
        assert all(one.change is not Change.CLEARED for one in live(engine, after) if one.rule == "joint")


def _scores(stream: Sequence[ASample]) -> dict[int, dict[str, tuple[float, int]]]:
    """By instant, worked out parameter by parameter in order of instant."""
    found: dict[int, dict[str, tuple[float, int]]] = {}
    for name in PARAMETERS:
        habit = Habit(over=length(OVER), floor=1.0, recent=RECENT, at_least=AT_LEAST, learn=LEARN)
        lens = Deviation(habit=habit)
        for one in sorted((one for one in stream if one.parameter == name), key=lambda one: one.instant):
            may = {1: TO_RAISE | TO_LIFT, 3: TO_RAISE}.get(one.flag, 0)
            seen = lens.see(to_micros(one.instant), one.value or 0.0, may) if may else None
            if seen is not None:
                found.setdefault(to_micros(one.instant), {})[name] = (round(seen[0], 3), seen[1])
    return found


def _last_great(stream: Sequence[ASample]) -> set[str]:
    part: set[str] = set()
    for _, scores in sorted(_scores(stream).items()):
        great = {name: score for name, (score, _) in scores.items() if score >= FLOOR}
        if great and max(great.values()) <= ALONE and hypot(*great.values()) > RAISE:
            part = set(great)
    return part


def oracle(stream: Sequence[ASample], samples: int, lift_samples: int) -> list[tuple[int, int | None]]:
    """Episodes as (raised, ended), from every score there is: norms above, and rows in a row."""
    episodes: list[tuple[int, int | None]] = []
    run = calm = 0
    part: set[str] = set()
    for instant, scores in sorted(_scores(stream).items()):
        great = {name: score for name, (score, _) in scores.items() if score >= FLOOR}
        if great and max(great.values()) > ALONE:
            continue
        norm = round(hypot(*great.values()), 3)
        if norm > RAISE:
            part = set(great)
        stands = bool(episodes) and episodes[-1][1] is None
        if not stands:
            run = run + 1 if norm > RAISE else 0
            if run >= samples:
                episodes.append((instant, None))
                run = calm = 0
        elif norm > LIFT:
            calm = 0
        elif part <= scores.keys() and all(may & TO_LIFT for _, may in scores.values()):
            calm += 1
            if calm >= lift_samples:
                episodes[-1] = (episodes[-1][0], instant)
                run = calm = 0
    return episodes


@pytest.mark.parametrize("samples", [1, 2])
@given(stream=streams(), lift_samples=st.integers(1, 3))
@settings(max_examples=60)
def test_episodes_are_those_of_the_oracle(samples: int, stream: list[ASample], lift_samples: int) -> None:
    """Which hears everything; the gaps of the streams are no longer than a rule bears, or lift nothing anyway."""
    rule = together(samples=samples, lift_samples=lift_samples).model_copy(update={"max_gap": timedelta(hours=12)})
    engine = engine_of(rule)
    live(engine, stream)
    found = [(one.raised, one.ended) for one in engine.episodes("joint", "s1")]
    assert found == oracle(stream, samples, lift_samples)


@given(stream=streams())
@settings(max_examples=40)
def test_the_clock_and_repetition_say_nothing(stream: list[ASample]) -> None:
    engine = engine_of(together())
    live(engine, stream)
    assert engine.feed(stream, stream[-1].received_at) == []
    assert engine.advance(stream[-1].received_at + timedelta(days=30)) == []


@given(stream=streams())
@settings(max_examples=40)
def test_rules_over_single_parameters_are_as_without_it(stream: list[ASample]) -> None:
    alone = told(fed(an_engine(*changes(), places=[PLACE]), stream))
    found = [one for one in fed(engine_of(together()), stream) if one.rule != "joint"]
    assert told(found) == alone
