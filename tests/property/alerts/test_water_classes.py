"""Laws of water classes, and the same classes worked out a second time, in decimals, by code that shares nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts.standards.compliance import Judged, monthly
from alerts.standards.water import Body, WaterStandard, Zone
from alerts.standards.water_files import load_water_standards
from tests.support.reference_water import ReferenceStandard
from tests.support.rules import CONFIG

STANDARDS = load_water_standards(CONFIG / "standards")
SURFACE, SEA = STANDARDS.surface, STANDARDS.sea
REFERENCES = {
    SURFACE.standard: ReferenceStandard(CONFIG / "standards/gb3838_2002.yaml"),
    SEA.standard: ReferenceStandard(CONFIG / "standards/gb3097_1997.yaml"),
}
LIMITS = sorted(
    {
        Decimal(limit) / 1_000_000
        for standard in (SURFACE, SEA)
        for item in standard.items.values()
        for limits in item.limits.values()
        for bounds in filter(None, limits)
        for limit in bounds
        if abs(limit) < 10**12
    }
)
# at a limit, a millionth beside it, or anywhere: as a laboratory writes it, with six decimals at most
AMOUNTS = st.one_of(
    st.tuples(st.sampled_from(LIMITS), st.sampled_from([Decimal(0), Decimal("1e-6"), Decimal("-1e-6")])).map(sum),
    st.decimals(0, 15, places=3),
    st.decimals(0, 50_000, places=1),
).map(lambda amount: format(max(Decimal(amount), Decimal(0)), "f"))


def samples(standard: WaterStandard) -> st.SearchStrategy[dict[str, str]]:
    keys = [*standard.items, *standard.supplementary]
    return st.dictionaries(st.sampled_from(keys), AMOUNTS, max_size=12)


@pytest.mark.parametrize("standard", [SURFACE, SEA], ids=lambda standard: standard.standard)
def test_classes_are_those_of_a_second_reading_of_the_table(standard: WaterStandard) -> None:
    """Class, decisive items and compliance, in rivers and lakes."""
    reference = REFERENCES[standard.standard]

    @settings(max_examples=300)
    @given(values=samples(standard), body=st.sampled_from(Body), zone=st.sampled_from(Zone))
    @example(values={"nh3_n": "1.0", "do": "5", "hg": "0.00005", "ph": "9"}, body=Body.RIVER, zone=Zone.NONE)
    def same(values: dict[str, str], body: Body, zone: Zone) -> None:
        numbers = {key: float(value) for key, value in values.items()}
        report = standard.judge(numbers, body=body, target=standard.targets[zone], source=True)
        lake = body is Body.LAKE
        worst, decisive = reference.section(values, lake=lake)
        assert (None if report.rank is None else standard.name(report.rank)) == worst
        assert sorted(report.decisive) == sorted(decisive)
        assert report.compliant == reference.keeps(values, standard.classes[standard.targets[zone]], lake=lake)

    same()


@given(values=samples(SURFACE), more=st.sampled_from(list(SURFACE.items)), amount=AMOUNTS)
def test_another_item_never_makes_a_class_better(values: dict[str, str], more: str, amount: str) -> None:
    """Single factor: the worst item decides."""
    numbers = {key: float(value) for key, value in values.items() if key != more}
    before = SURFACE.judge(numbers, body=Body.LAKE, target=2, source=True)
    after = SURFACE.judge(numbers | {more: float(amount)}, body=Body.LAKE, target=2, source=True)
    assert (after.rank if after.rank is not None else -1) >= (before.rank if before.rank is not None else -1)
    assert {one.key for one in before.exceeded} <= {one.key for one in after.exceeded}


@given(key=st.sampled_from(["codmn", "nh3_n", "tp", "do"]), low=AMOUNTS, high=AMOUNTS, body=st.sampled_from(Body))
def test_more_is_worse_and_of_oxygen_better(key: str, low: str, high: str, body: Body) -> None:
    """Each parameter in its own direction."""
    less, more = sorted((float(low), float(high)), reverse=key == "do")
    ranks = [SURFACE.items[key].rank(value, body) for value in (less, more)]
    assert ranks[0] is not None
    assert ranks[1] is not None
    assert ranks[0] <= ranks[1]


JUDGED = st.lists(
    st.builds(
        Judged,
        group=st.sampled_from(["urban", "rural"]),
        source=st.sampled_from(["a", "b"]),
        month=st.sampled_from(["2026-03", "2026-04"]),
        compliant=st.booleans(),
        volume=st.integers(0, 5).map(float),
    ),
    max_size=30,
)


@given(judged=JUDGED, shuffled=st.randoms())
def test_monthly_rates_add_up_and_do_not_depend_on_order(judged: list[Judged], shuffled: object) -> None:
    """A group is the sum of its sources; 100 % only where all keep it."""
    rates = monthly(judged, STANDARDS.compliance)
    assert monthly(sorted(judged, key=hash), STANDARDS.compliance) == rates
    for whole in (rate for rate in rates if not rate.source):
        parts = [rate for rate in rates if rate.source and (rate.month, rate.group) == (whole.month, whole.group)]
        assert sum(rate.samples for rate in parts) == whole.samples
        assert sum(rate.compliant for rate in parts) == whole.compliant
        assert (whole.per_cent == 100) == (whole.compliant == whole.samples)
        assert whole.met == (whole.per_cent is not None and whole.per_cent >= whole.target)
