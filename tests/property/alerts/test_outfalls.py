"""Laws of outfalls' hours and days: a function of the readings, as a second reading of the rules has them."""

from __future__ import annotations

from datetime import datetime, timedelta

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.outfall.model import Case, CaseEvent
from tests.support.bundles import bundled
from tests.support.outfalls import DAY, a_network, fed, hours, last_words, reference_day, sent
from tests.support.rules import ASample

CONCENTRATIONS = st.sampled_from([0.0, 4.9, 5.0, 5.1, 7.9, 8.1, 30.0, 49.9, 50.0, 50.1, 120.0])
FLOWS = st.sampled_from([0.0, 0.05, 0.1, 3.3, 20.0, 250.0])
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "cod": CONCENTRATIONS,
        "nh3_n": CONCENTRATIONS,
        "flow": FLOWS,
        "temp": st.sampled_from([4.0, 11.9, 12.0, 12.1, 25.0]),
    },
)


@st.composite
def days(draw: st.DrawFn) -> list[ASample]:
    """A day of hourly messages, mostly whole, and the first hours of the next so that it ends."""
    kinds = draw(st.lists(ROWS, min_size=1, max_size=4))
    chosen = draw(st.lists(st.integers(0, len(kinds) - 1), min_size=24, max_size=24))
    flags = draw(st.sampled_from([[1], [1], [1, 1, 1, 1, 1, 4], [1, 2, 1, 1, 1, 1, 1, 3]]))
    found = [
        sample
        for hour, kind in enumerate(chosen, start=1)
        for sample in sent(timedelta(hours=hour), kinds[kind], period="1h", flag=flags[hour % len(flags)])
    ]
    return found + sent(timedelta(hours=25), {"cod": 1.0}, period="1h")


@settings(max_examples=30)
@given(samples=days())
def test_day_is_that_of_a_second_reading_of_the_rules(samples: list[ASample]) -> None:
    """Means weighted by flow, loads, shares of the limit that holds at that temperature, hours without discharge."""
    indices, _ = fed(a_network(), samples)
    midnight = DAY + timedelta(days=1)
    found = {
        name: value for (name, period, at), value in last_words(indices).items() if (period, at) == ("1d", midnight)
    }
    expected = reference_day(samples)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=2e-6, rel=1e-6)


@settings(max_examples=30)
@given(samples=days(), data=st.data())
def test_order_and_repetition_change_nothing_of_the_end(samples: list[ASample], data: st.DataObject) -> None:
    """And the cases that stand are those of the day as it is in the end."""
    straight, mixed = a_network(), a_network()
    extra = data.draw(st.lists(st.sampled_from(samples), max_size=10))
    shuffled = data.draw(st.permutations([*samples, *extra]))
    expected, opened = fed(straight, samples)
    found, revised = [], []
    begun = samples[0]  # windows begin where the first reading lies: what is before it is late, and bounded
    for sample in [begun, *shuffled]:
        indices, cases = mixed.feed(bundled([sample]), samples[-1].received_at)
        found += indices
        revised += cases
    assert last_words(found) == last_words(expected)
    assert _standing(revised) == _standing(opened)


def _standing(cases: list[Case]) -> set[str]:
    last = {case.id: case for case in cases}
    return {case.id for case in last.values() if case.event is not CaseEvent.WITHDRAWN}


@settings(max_examples=25)
@given(samples=days(), cut=st.integers(0, 25))
def test_a_restart_anywhere_changes_nothing(samples: list[ASample], cut: int) -> None:
    """Snapshot as JSON, another network, and on."""
    straight, first, second = a_network(), a_network(), a_network()
    expected = fed(straight, samples)
    before = fed(first, [sample for sample in samples if sample.instant <= DAY + timedelta(hours=cut)])
    second.restore(orjson.loads(orjson.dumps(first.snapshot(), default=tuple)))
    after = fed(second, [sample for sample in samples if sample.instant > DAY + timedelta(hours=cut)])
    assert (before[0] + after[0], before[1] + after[1]) == expected


@settings(max_examples=25)
@given(samples=days())
def test_each_instant_is_said_once_unless_it_changes(samples: list[ASample]) -> None:
    """Revisions count up by one, and no revision says what the one before said."""
    indices, _ = fed(a_network(), [*samples, *samples])
    said: dict[tuple[str, str, datetime], list[tuple[int, float | None, int]]] = {}
    for one in indices:
        said.setdefault((one.parameter, one.period, one.instant), []).append((one.revision, one.value, one.have))
    for words in said.values():
        assert [word[1:] for word in words[1:]] != [word[1:] for word in words[:-1]] or len(words) == 1
        assert sorted({revision for revision, _, _ in words}) == [revision for revision, _, _ in words]


@given(cod=CONCENTRATIONS, flow=FLOWS)
@settings(max_examples=25)
def test_constant_day_is_its_hour(cod: float, flow: float) -> None:
    """Whatever the weights, the mean of equal hours is the hour; below the floor nothing exceeds."""
    _, cases = fed(a_network(), hours([{"cod": cod, "flow": flow}] * 25))
    assert [case.parameter for case in cases] == (["cod"] if cod > 50 and flow >= 0.1 else [])
    assert all(case.value == round(cod * 1_000_000) for case in cases)
