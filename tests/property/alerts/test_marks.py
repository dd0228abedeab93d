"""Laws of marks: rules that watch different reasons share a memory, and none sees another's marks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.evaluation import Series
from alerts.marks import MOST, Marks, loaded
from alerts.model import Transition
from alerts.moments import to_micros
from alerts.rules.rule import JudgedRule
from alerts.scheme import scheme, sharing
from tests.support.rules import STEP, T0, ASample, a_place, a_rule

PLACE = a_place(lateness_seconds=0.0)
REASONS = ("flat_line", "spike", "repeated_day", "near_limit", "impossible")


def watching(*reasons: str, id_: str) -> JudgedRule:
    rule = a_rule(id=id_, kind="quality", reasons=[*reasons], samples=2, level="blue", memory=8)
    assert isinstance(rule, JudgedRule)
    return rule


def a_series(*rules: JudgedRule) -> Series:
    return Series(
        scheme=scheme(rules, PLACE, lambda rule, place: rule.ladder(round(place.interval_seconds * 1e6))), place=PLACE
    )


LIMIT = a_rule(id="limit", memory=8, levels={"orange": {"raise": 1.0, "lift": 0.5}})
sets = st.lists(
    st.sets(st.sampled_from(REASONS), min_size=1, max_size=3), min_size=1, max_size=MOST, unique_by=frozenset
)
samples = st.lists(
    st.builds(
        lambda place, value, reason: ASample(
            instant=T0 + STEP * place,
            received_at=T0 + STEP * place,
            value=value,
            flag=3 if reason else 1,
            reason=reason,
        ),
        st.integers(0, 30),
        st.sampled_from([0.2, 0.6, 1.5]),
        st.sampled_from(["", "", *REASONS]),
    ),
    max_size=60,
)


def fed(series: Series, given_: list[ASample]) -> list[Transition]:
    found: list[Transition] = []
    for sample in given_:
        instant = to_micros(sample.instant)
        value = float("nan") if sample.value is None else sample.value
        if series.take(instant, value, sample.flag, 1, sample.reason):
            found += series.announce(sample.received_at, instant)
    return found


@given(watched=sets, given_=samples)
def test_sharing_a_memory_changes_nothing(watched: list[set[str]], given_: list[ASample]) -> None:
    assert isinstance(LIMIT, JudgedRule)
    rules = [LIMIT, *(watching(*sorted(own), id_=f"r{number}") for number, own in enumerate(watched))]
    assert [len(group) for group in sharing(rules)] == [len(rules)]
    together = fed(a_series(*rules), given_)
    for rule in rules:
        assert [one for one in together if one.rule == rule.id] == fed(a_series(rule), given_)


@given(watched=sets, given_=samples, data=st.data())
def test_part_of_the_rules_goes_on_from_a_snapshot(
    watched: list[set[str]], given_: list[ASample], data: st.DataObject
) -> None:
    """As after a reload that changed the others: what is marked for them is nothing to it."""
    rules = [watching(*sorted(own), id_=f"r{number}") for number, own in enumerate(watched)]
    kept = data.draw(st.lists(st.sampled_from(rules), min_size=1, unique_by=lambda rule: rule.id))
    half = len(given_) // 2
    whole, twin = a_series(*rules), a_series(*kept)
    fed(whole, given_[:half])
    twin.load(whole.dump())
    part, every = fed(twin, given_[half:]), fed(whole, given_[half:])
    for rule in kept:
        assert [one for one in part if one.rule == rule.id] == [one for one in every if one.rule == rule.id]
        assert twin.episodes(rule.id) == whole.episodes(rule.id)


def test_marks_of_earlier_versions_are_those_of_one_set() -> None:
    former = loaded(["flat_line", "spike"])
    assert former == Marks((frozenset({"flat_line", "spike"}),))
    assert loaded([]) == Marks(())
    now = Marks((frozenset({"impossible"}), frozenset({"flat_line", "spike"})))
    assert now.codes_of(former) is None
    codes = former.codes_of(now)
    assert codes is not None
    assert codes[3 | 32] == 3 | 16
    assert codes[3 | 16] == 3


def test_more_sets_than_bits_have_memories_of_their_own() -> None:
    rules = [watching(reason, id_=reason) for reason in REASONS]
    assert [len(group) for group in sharing(rules)] == [MOST, len(REASONS) - MOST]
