"""Laws of a source's classes: a function of the readings, as a second reading of the rules has them."""

from __future__ import annotations

from datetime import timedelta

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.bundles import bundled
from tests.support.rules import ASample
from tests.support.water import DAY, a_network, fed, last_words, reference_day, sent

ROWS = st.fixed_dictionaries(
    {},
    optional={
        "ph": st.sampled_from([5.9, 6.0, 7.3, 9.0, 9.1]),
        "do": st.sampled_from([1.9, 2.0, 5.0, 7.5, 9.0]),
        "codmn": st.sampled_from([1.9, 4.0, 6.1, 15.0, 16.0]),
        "nh3_n": st.sampled_from([0.1, 0.15, 1.0, 1.000001, 2.5]),
        "tp": st.sampled_from([0.02, 0.1, 0.2, 0.5]),
    },
)


@st.composite
def days(draw: st.DrawFn) -> list[ASample]:
    """A day of hourly messages, mostly whole, and the first hour of the next so that it ends."""
    kinds = draw(st.lists(ROWS, min_size=1, max_size=4))
    chosen = draw(st.lists(st.integers(0, len(kinds) - 1), min_size=24, max_size=24))
    flags = draw(st.sampled_from([[1], [1], [1, 1, 1, 1, 1, 4], [1, 2, 1, 1, 1, 1, 1, 3]]))
    found = [
        sample
        for hour, kind in enumerate(chosen, start=1)
        for sample in sent(timedelta(hours=hour), kinds[kind], flag=flags[hour % len(flags)])
    ]
    return [*sent(timedelta(hours=1), {"tp": 0.02}), *found, *sent(timedelta(hours=25), {"tp": 0.02})]


@settings(max_examples=30)
@given(samples=days())
def test_day_is_that_of_a_second_reading_of_the_rules(samples: list[ASample]) -> None:
    """Means of the hours, the worst item, what was missing."""
    midnight = DAY + timedelta(days=1)
    found = last_words(fed(a_network(), samples))
    assert {
        name: words for (name, period, at), words in found.items() if (period, at) == ("1d", midnight)
    } == reference_day(samples)


@settings(max_examples=30)
@given(samples=days(), data=st.data())
def test_order_and_repetition_change_nothing_of_the_end(samples: list[ASample], data: st.DataObject) -> None:
    """Whatever is said on the way."""
    once = list({(one.parameter, one.instant): one for one in samples}.values())
    shuffled = data.draw(st.permutations([*once, *data.draw(st.lists(st.sampled_from(once), max_size=10))]))
    mixed = a_network()
    found = [
        value
        for sample in [once[0], *shuffled]  # windows begin where the first reading lies
        for value in mixed.feed(bundled([sample]), samples[-1].received_at)
    ]
    assert last_words(found) == last_words(fed(a_network(), once))


@settings(max_examples=25)
@given(samples=days(), cut=st.integers(0, 25))
def test_a_restart_anywhere_changes_nothing(samples: list[ASample], cut: int) -> None:
    """Snapshot as JSON, another network, and on."""
    first, second = a_network(), a_network()
    expected = fed(a_network(), samples)
    before = fed(first, [one for one in samples if one.instant <= DAY + timedelta(hours=cut)])
    second.restore(orjson.loads(orjson.dumps(first.snapshot(), default=tuple)))
    after = fed(second, [one for one in samples if one.instant > DAY + timedelta(hours=cut)])
    assert before + after == expected
