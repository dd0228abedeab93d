"""Laws of evaluation, for any stream."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from alerts.engine import Engine
from alerts.model import Change, Level, Transition
from alerts.rules import Rule
from alerts.rules.ladder import NONE
from tests.support.rules import STEP, T0, ASample, a_place, a_rule, an_engine, at, fed, told

CONDITIONS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "raise": st.sampled_from([1.0, 2.0]),
        "lift": st.sampled_from([0.5, 1.0]),
        "for": st.sampled_from(["0s", "10m", "20m"]),
        "samples": st.integers(1, 3),
        "lift_for": st.sampled_from(["0s", "10m"]),
        "lift_samples": st.integers(1, 3),
    }
)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """A threshold or rate rule with one or two levels, plain or over a mean."""
    levels = draw(st.dictionaries(st.sampled_from(["yellow", "orange"]), CONDITIONS, min_size=1))
    if draw(st.booleans()):
        return a_rule(kind="rate", over="15m", direction="either", levels=levels)
    value = draw(st.sampled_from([{}, {"mean": {"over": "15m", "at_least": 2}}]))
    return a_rule(value=value, levels=levels, accept=["pass", "unchecked", "suspect"])


@st.composite
def streams(draw: st.DrawFn, *, most: int = 40) -> list[ASample]:
    """Samples of one series at distinct instants, in order, with gaps and doubtful ones among them."""
    places = sorted(draw(st.sets(st.integers(0, 60), min_size=1, max_size=most)))
    return [
        ASample(
            instant=T0 + STEP * place,
            received_at=T0 + STEP * place + timedelta(seconds=1),
            value=draw(st.sampled_from([0.2, 0.5, 0.8, 1.0, 1.4, 2.0, 2.6])),
            flag=draw(st.sampled_from([1, 1, 1, 2, 3, 4, 9])),
        )
        for place in places
    ]


def total(engine: Engine, samples: Sequence[ASample]) -> list[Transition]:
    """Feeds all at once, when the last one has come."""
    return engine.feed(samples, max(sample.received_at for sample in samples))


@given(rule=rules(), stream=streams(), data=st.data())
def test_episodes_do_not_depend_on_order_or_duplication(rule: Rule, stream: list[ASample], data: st.DataObject) -> None:
    """Whatever the order, delay and repetition, the same samples make the same episodes."""
    straight, mixed = an_engine(rule), an_engine(rule)
    fed(straight, stream)
    extra = data.draw(st.lists(st.sampled_from(stream)))
    total(mixed, data.draw(st.permutations([*stream, *extra])))
    assert mixed.episodes("r1", "s1") == straight.episodes("r1", "s1")


@given(rule=rules(), stream=streams(), data=st.data())
def test_corrections_make_the_episodes_of_the_corrected_stream(
    rule: Rule, stream: list[ASample], data: st.DataObject
) -> None:
    """First a wrong value, later the right one: the same as the right one from the start."""
    straight, corrected = an_engine(rule), an_engine(rule)
    total(straight, stream)
    wrong = data.draw(st.lists(st.sampled_from(stream), unique_by=lambda sample: sample.instant))
    total(
        corrected,
        [ASample(instant=one.instant, value=3.3, received_at=one.received_at) for one in wrong] + stream,
    )
    assert corrected.episodes("r1", "s1") == straight.episodes("r1", "s1")


@given(stream=streams(), dwell=st.integers(1, 6), count=st.integers(1, 4))
def test_raising_never_comes_before_its_dwell_and_count(stream: list[ASample], dwell: int, count: int) -> None:
    rule = a_rule(levels={"orange": {"raise": 1.0, "for": f"{5 * dwell}m", "samples": count}})
    engine = an_engine(rule)
    by_instant = {sample.instant: sample for sample in stream}
    for one in fed(engine, stream):
        if one.change is not Change.RAISED:
            continue
        held = [
            sample for instant, sample in by_instant.items() if one.onset <= instant <= one.instant and sample.flag < 3
        ]
        assert one.instant - one.onset >= STEP * dwell
        assert all(sample.value is not None and sample.value > 1.0 for sample in held)
        ordered = sorted(sample.instant for sample in held)
        assert all(b - a <= 3 * STEP for a, b in pairwise(ordered))


@given(rule=rules(), value=st.floats(-1e6, 1e6, allow_nan=False), n=st.integers(1, 60))
def test_constant_value_never_flaps(rule: Rule, value: float, n: int) -> None:
    found = fed(an_engine(rule), [ASample(instant=at(5 * k), received_at=at(5 * k), value=value) for k in range(n)])
    assert all(one.change in {Change.RAISED, Change.UPGRADED} for one in found)


@given(rule=rules(), stream=streams())
def test_repeating_a_stream_says_nothing_new(rule: Rule, stream: list[ASample]) -> None:
    engine = an_engine(rule)
    fed(engine, stream)
    assert total(engine, stream) == []


@given(rule=rules(), stream=streams(), days=st.integers(0, 400))
def test_the_clock_alone_changes_nothing(rule: Rule, stream: list[ASample], days: int) -> None:
    """Neither raises nor lifts: only instants do."""
    engine = an_engine(rule)
    fed(engine, stream)
    before = engine.episodes("r1", "s1")
    assert engine.advance(T0 + timedelta(days=days)) == []
    assert engine.episodes("r1", "s1") == before


@given(rule=rules(), stream=streams(), far=st.integers(6, 10**6))
def test_future_cannot_mute(rule: Rule, stream: list[ASample], far: int) -> None:
    """A reading from beyond the skew, thrown in after each, changes no transition."""
    plain, disturbed = an_engine(rule), an_engine(rule)
    noisy: list[ASample] = []
    for sample in stream:
        wild = ASample(instant=sample.received_at + timedelta(minutes=far), received_at=sample.received_at, value=0.0)
        noisy += [wild, sample]
    assert told(fed(disturbed, noisy)) == told(fed(plain, stream))


@given(rule=rules(), stream=streams(), data=st.data())
def test_what_is_announced_fits_together(rule: Rule, stream: list[ASample], data: st.DataObject) -> None:
    """In any order of arrival: raised when nothing stands, up only to graver, down only to milder, cleared once."""
    engine = an_engine(rule)
    standing, withdrawn = NONE, False
    arrival = data.draw(st.permutations(stream))
    now = T0
    for sample in arrival:
        now = max(now, sample.received_at)
        for one in engine.feed([sample], now):
            rank = NONE if one.level is None else one.level.rank
            match one.change:
                case Change.RAISED:
                    assert standing == NONE or withdrawn
                    standing, withdrawn = rank, False
                case Change.UPGRADED:
                    assert NONE < standing < rank
                    standing = rank
                case Change.DOWNGRADED:
                    assert NONE < rank < standing
                    standing = rank
                case Change.CLEARED:
                    assert standing != NONE
                    standing, withdrawn = NONE, False
                case Change.BASIS_WITHDRAWN:
                    assert standing != NONE
                    assert not withdrawn
                    withdrawn = True
                case Change.DISCOVERED_LATE:
                    assert one.ended is not None
                    assert one.onset <= one.ended
    head = engine.episodes("r1", "s1")
    if not head:
        assert standing == NONE or withdrawn


@given(rule=rules(), stream=streams())
def test_in_order_and_live_what_is_announced_is_the_episodes(rule: Rule, stream: list[ASample]) -> None:
    """Live and in order, each episode is raised, and cleared where it ended; nothing is late, nothing withdrawn."""
    engine = an_engine(rule)
    found = fed(engine, stream)
    episodes = engine.episodes("r1", "s1")
    changes = [one.change for one in found]
    assert changes.count(Change.RAISED) == len(episodes)
    assert changes.count(Change.CLEARED) == sum(1 for episode in episodes if episode.ended is not None)
    assert not {Change.DISCOVERED_LATE, Change.BASIS_WITHDRAWN} & set(changes)


@given(rule=rules(), stream=streams())
def test_in_order_a_short_memory_announces_what_a_long_one_does(rule: Rule, stream: list[ASample]) -> None:
    short = rule.model_copy(update={"memory": 4})
    forgetful = an_engine(short, places=[a_place(lateness_seconds=0.0)])
    assert told(fed(forgetful, stream)) == told(fed(an_engine(rule), stream))


@given(rule=rules(), stream=streams(), cut=st.integers(0, 40))
def test_restart_anywhere_changes_nothing(rule: Rule, stream: list[ASample], cut: int) -> None:
    """Snapshot through JSON, restore, go on: the same transitions as without."""
    straight, before = an_engine(rule), an_engine(rule)
    expected = [one.id for one in fed(straight, stream)]
    found = [one.id for one in fed(before, stream[:cut])]
    after = Engine(rules=[rule], places=[a_place()])
    after.restore(orjson.loads(orjson.dumps(before.snapshot(), default=tuple)))
    assert found + [one.id for one in fed(after, stream[cut:])] == expected


@given(
    stream=st.lists(
        st.tuples(
            st.integers(0, 8), st.integers(0, 3), st.sampled_from([0.2, 0.9, 1.4, 2.6]), st.sampled_from([1, 3, 4])
        ),
        min_size=1,
        max_size=36,
        unique_by=lambda one: one[:2],
    ),
    data=st.data(),
)
def test_area_episodes_do_not_depend_on_which_station_comes_first(
    stream: list[tuple[int, int, float, int]], data: st.DataObject
) -> None:
    rule = a_rule(select={"kind": "source", "parameter": "nh3_n", "period": "5m", "per": "area"}, coverage=0.5)
    places = [a_place(f"s{n}") for n in range(4)]
    samples = [
        ASample(station=f"s{n}", instant=at(5 * k), received_at=at(5 * k + 1), value=value, flag=flag)
        for k, n, value, flag in stream
    ]
    straight, mixed = an_engine(rule, places=places), an_engine(rule, places=places)
    fed(straight, sorted(samples, key=lambda sample: sample.instant))
    total(mixed, data.draw(st.permutations(samples)))
    assert mixed.episodes("r1", "north") == straight.episodes("r1", "north")


@given(minutes=st.lists(st.integers(0, 120), max_size=30), until=st.integers(0, 200))
def test_absence_is_raised_exactly_when_nothing_current_came(minutes: list[int], until: int) -> None:
    """Against a plain model: raised at newest + 15 min, cleared by the next reading."""
    engine = an_engine(a_rule(kind="absence", type="device", select={}))
    found = [*fed(engine, [ASample(instant=at(m), received_at=at(m)) for m in sorted(minutes)])]
    end = max([until, *minutes])
    found += engine.advance(at(end))
    expected: list[tuple[str, str | None, float]] = []
    heard = 0
    for minute in [*sorted(set(minutes)), None]:
        if heard + 15 <= (end if minute is None else minute):
            expected.append(("raised", Level.YELLOW.value, heard + 15))
            if minute is not None:
                expected.append(("cleared", None, minute))
        heard = heard if minute is None else minute
    assert told(found) == expected


@given(rules(), streams(), st.data())
def test_recall_late_gives_the_episodes_of_the_whole_stream(
    rule: Rule, samples: list[ASample], data: st.DataObject
) -> None:
    """However much was heard before the past came back."""
    cut = data.draw(st.integers(0, len(samples)))
    whole, engine = an_engine(rule), an_engine(rule)
    fed(whole, samples)
    engine.lack_past()
    fed(engine, samples[cut:])
    now = samples[-1].received_at
    engine.recall(["s1"], samples[:cut], now, until=now, judged=True)
    assert engine.episodes(rule.id, "s1") == whole.episodes(rule.id, "s1")


@given(rules(), streams(), st.data())
def test_recall_where_it_was_judged_tells_nothing_that_was_not_told_then(
    rule: Rule, samples: list[ASample], data: st.DataObject
) -> None:
    """Nor anything else afterwards than the engine that went on: nothing twice, nothing missing."""
    cut = data.draw(st.integers(1, len(samples)))
    whole, engine = an_engine(rule), an_engine(rule)
    before = {one.id for one in fed(whole, samples[:cut])}
    engine.lack_past()
    last = samples[cut - 1].received_at
    found = engine.recall(["s1"], samples[:cut], last, until=last, judged=True)
    assert {one.id for one in found} <= before
    assert [one.id for one in fed(engine, samples[cut:])] == [one.id for one in fed(whole, samples[cut:])]
