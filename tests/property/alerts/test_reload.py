"""Laws of a reload: the same rules change nothing, at any point of any stream; changed ones change only themselves."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerts.engine import Engine
from alerts.model import Change, Transition
from alerts.rules import Rule
from tests.support.drawn_rules import AREA, KINDS, SELECT, area_rules, area_streams, disorders, streams
from tests.support.rules import ASample, a_place, a_rule, an_engine, fed, told


@st.composite
def several(draw: st.DrawFn, kinds: tuple[str, ...] = ("value", "mean", "rate", "quality")) -> list[dict[str, Any]]:
    """Rules over one series, of any kinds."""
    drawn = draw(st.lists(st.one_of(*(KINDS[kind] for kind in kinds)), min_size=2, max_size=3))
    return [{**rule, "id": f"r{number}", "select": SELECT} for number, rule in enumerate(drawn)]


@st.composite
def disordered(draw: st.DrawFn) -> list[ASample]:
    """In order, or not at all."""
    stream = draw(streams())
    return draw(st.one_of(st.just(stream), disorders(stream)))


def _under(engine: Engine, *rules: Rule, **given: Any) -> Engine:
    """As a reload does it: without a detour over JSON, and the old engine is done with."""
    after = Engine(rules=rules, places=given.get("places", [a_place()]))
    after.restore(engine.snapshot())
    return after


@given(written=several(), stream=disordered(), cuts=st.sets(st.integers(0, 40), max_size=4))
def test_reload_of_the_same_changes_nothing(
    written: list[dict[str, Any]], stream: list[ASample], cuts: set[int]
) -> None:
    rules = [a_rule(**rule) for rule in written]
    expected = [one.id for one in fed(an_engine(*rules), stream)]
    engine, found = an_engine(*rules), []
    for number, sample in enumerate(stream):
        if number in cuts:
            engine = _under(engine, *rules)
        found += [one.id for one in engine.feed([sample], sample.received_at)]
    assert found == expected


@given(rule=area_rules(), stream=area_streams(), cut=st.integers(0, 40))
def test_reload_of_the_same_changes_nothing_for_an_area(rule: dict[str, Any], stream: list[ASample], cut: int) -> None:
    expected = told(fed(an_engine(a_rule(**rule), places=AREA), stream))
    engine = an_engine(a_rule(**rule), places=AREA)
    found = told(fed(engine, stream[:cut]))
    assert found + told(fed(_under(engine, a_rule(**rule), places=AREA), stream[cut:])) == expected


@given(before=several(), after=st.one_of(KINDS["value"], KINDS["mean"]), stream=disordered(), cut=st.integers(0, 40))
def test_a_changed_rule_leaves_its_neighbours_as_they_are(
    before: list[dict[str, Any]], after: dict[str, Any], stream: list[ASample], cut: int
) -> None:
    """Of a series they share; from the point of the change on the changed rule may say what it likes."""
    rules = [a_rule(**rule) for rule in before]
    changed = [a_rule(**after, id="r0", select=SELECT), *rules[1:]]
    expected = [one.id for one in fed(an_engine(*rules), stream) if one.rule != "r0"]
    engine = an_engine(*rules)
    found = fed(engine, stream[:cut])
    found += fed(_under(engine, *changed), stream[cut:])
    assert [one.id for one in found if one.rule != "r0"] == expected


@given(before=KINDS["value"], after=st.one_of(*KINDS.values()), stream=streams(), cut=st.integers(0, 40))
def test_a_changed_rule_tells_one_story(
    before: dict[str, Any], after: dict[str, Any], stream: list[ASample], cut: int
) -> None:
    """What stands is not raised again, and is over once; nothing that is over before the change comes up through it."""
    place = a_place(limits=(("nh3_n", 0.7),))
    engine = Engine(rules=[a_rule(**before, select=SELECT)], places=[place])
    found = fed(engine, stream[:cut])
    stands = _stands(found, standing=False)
    later = fed(_under(engine, a_rule(**after, select=SELECT), places=[place]), stream[cut:])
    assert all(one.change is not Change.BASIS_WITHDRAWN for one in later)  # in order there is nothing to take back
    _stands(later, standing=stands)


def _stands(found: list[Transition], *, standing: bool) -> bool:
    """Whether something stands after these; fails where they do not follow on another."""
    for one in found:
        match one.change:
            case Change.RAISED:
                assert not standing
                standing = True
            case Change.CLEARED:
                assert standing
                standing = False
            case Change.UPGRADED | Change.DOWNGRADED:
                assert standing
            case _:
                pass
    return standing
