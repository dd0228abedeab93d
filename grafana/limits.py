"""A rule's levels as a panel's thresholds, and in words. Pure: a line on a panel is the rule's own number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from alerts import durations
from alerts.console.sentences import unit as printed
from alerts.index_names import COMPLETENESS, SKEW
from alerts.model import Level
from alerts.rules import Rule
from alerts.rules.arrival import ArrivalRule
from alerts.rules.change import ChangeRule
from alerts.rules.forecast import ForecastRule
from alerts.rules.rate import RateRule
from alerts.rules.threshold import ThresholdRule
from grafana.site import Site
from ingest.model import Kind

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Limit(NamedTuple):
    """A value at which a rule raises that level, after the condition has held for so long."""

    value: float
    level: Level
    after: timedelta
    direction: str
    unit: str


def watching(site: Site, kind: Kind, parameter: str, *, of_limit: bool = False, area: bool = False) -> list[Rule]:
    """Rules that compare that parameter's values, or their shares of the permit's limit, or an area's mean."""
    return [
        rule
        for rule in site.rules
        if isinstance(rule, ThresholdRule | ArrivalRule)
        and rule.select.kind == kind.value
        and rule.parameter == parameter
        and (isinstance(rule, ThresholdRule) and rule.value.of_limit) is of_limit
        and (rule.select.per == "area") is area
    ]


def over_areas(site: Site) -> list[ThresholdRule]:
    """Rules that compare something of an area: a mean of its readings, or an index of its own."""
    return [rule for rule in site.rules if isinstance(rule, ThresholdRule) and rule.select.per == "area"]


def of_completeness(site: Site, kind: Kind | None = None) -> list[Rule]:
    """Rules that compare how complete the data are, of stations of that kind or of any."""
    return [
        rule
        for rule in site.rules
        if isinstance(rule, ThresholdRule)
        and rule.parameter == COMPLETENESS
        and (kind is None or rule.select.kind in {None, kind.value})
    ]


def of_clocks(site: Site) -> list[Rule]:
    """Rules that compare how far a device's clock is off."""
    return [rule for rule in site.rules if isinstance(rule, ThresholdRule) and rule.parameter == SKEW]


def of_forecasts(site: Site) -> str:
    """What has to be forecast for each level, rule by rule, in words: no single value decides it."""
    found = []
    for rule in site.rules:
        if isinstance(rule, ForecastRule):
            levels = (
                f"{site.level(level)} "
                + site.text(f"limits.{'any' if runs.any_of else 'all'}").join(
                    site.text("limits.days", above=run.above, days=run.days) for run in runs.any_of or runs.all_of
                )
                for level, runs in sorted(rule.levels.items(), key=lambda item: item[0].rank)
            )
            found.append(f"{site.name(rule.name)}: {' · '.join(levels)}")
    return "\n\n".join(found)


def limits(rules: Sequence[Rule]) -> list[Limit]:
    """Of each value the level it raises first, and of those raised at the same time the gravest; by value."""
    found: dict[float, Limit] = {}
    for one in sorted(_all(rules), key=lambda limit: (limit.after, -limit.level.rank)):
        found.setdefault(one.value, one)
    return [found[value] for value in sorted(found)]


def _soonest(rules: Sequence[Rule]) -> list[Limit]:
    """Of each value the levels that it raises first, mild to grave: two rules may raise two at the same time."""
    first = {one.value: one.after for one in limits(rules)}
    found = {(one.value, one.level): one for one in _all(rules) if one.after == first[one.value]}
    return sorted(found.values(), key=lambda one: (one.value, one.level.rank))


def _all(rules: Sequence[Rule]) -> Iterator[Limit]:
    for rule in rules:
        match rule:
            case ThresholdRule():
                unit = "" if rule.value.of_limit else rule.unit
                direction = rule.direction
            case ArrivalRule():  # its levels say how soon, its limit what
                nothing = timedelta(0)
                yield from (Limit(rule.limit, level, nothing, rule.direction, rule.unit) for level in rule.levels)
                continue
            case RateRule():
                unit, direction = "%" if rule.percent else rule.unit, "above"
            case ChangeRule():
                unit, direction = "×", "above"
            case _:
                continue
        for level, settings in rule.levels.items():
            for condition in settings.conditions:
                yield Limit(condition.raise_, level, condition.for_, direction, unit)


def said(site: Site, rules: Sequence[Rule], *, share: bool = False) -> str:
    """The levels with their names: `橙色 > 1 mg/L`; a colour alone says nothing to many."""
    words = []
    for one in _soonest(rules):
        sign = ">" if one.direction == "above" else "<"
        value = f"{one.value:.0%}" if share else f"{_number(one.value)} {printed(one.unit)}".rstrip()
        held = site.text("limits.held", held=durations.text(one.after)) if one.after else ""
        words.append(f"{site.level(one.level)} {sign} {value}{held}")
    return " · ".join(words)


def _number(value: float) -> str:
    """`1×10⁷` rather than `1e+07`."""
    mantissa, _, exponent = f"{value:g}".partition("e")
    return f"{mantissa}×10{str(int(exponent)).translate(_RAISED)}" if exponent else mantissa
