"""Water sources: whether the intake is safe, and what is coming down to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from alerts import durations
from alerts.rules import Rule
from alerts.rules.change import ChangeRule
from alerts.rules.rate import RateRule
from grafana import limits, question, variables
from grafana.boards import conditions, water
from grafana.boards.air import mean
from grafana.boards.board import Board
from grafana.layout import Drawn, Shelf, evenly
from grafana.panels import curves, figure, shades, shown_as
from grafana.site import Site
from ingest.influxql import identifier
from ingest.model import Kind

_GAP = timedelta(hours=12)  # three values of a national station [engineering default]
_AT_MOST = 6  # figures in the first row: more cannot be read from three metres


def board(site: Site) -> Board:
    """Classes and compliance; the intake's figures; each parameter along the water with its limits; sudden changes."""
    return Board(
        key="source",
        variables=[variables.area(site, [Kind.SOURCE])],
        marked=question.AREA,
        span="now-2d",
        shelves=list(_shelves(site)),
    )


def _shelves(site: Site) -> Iterator[Shelf]:
    there = site.measured(Kind.SOURCE)
    names = _names(site)
    limited = [name for name in there if limits.watching(site, Kind.SOURCE, name)]
    jumping = _changing(site, there)
    intakes = [one for one in site.stations(Kind.SOURCE) if one.role == "intake"]
    decisive = [name for name in limited if any(name in one.parameters for one in intakes)][:_AT_MOST]
    yield from evenly(4, water.first(site))
    yield from evenly(4, [_intake(site, name, [one.id for one in intakes]) for name in decisive])
    yield Shelf(7, [(water.now(site), 15), (water.month(site), 9)], site.text("water.row"))
    yield Shelf(6, [(water.over_time(site), 24)])
    if limited:
        drawn = [_along(site, name, names, limits.watching(site, Kind.SOURCE, name)) for name in limited]
        yield from evenly(9, drawn, site.text("source.row"), across=min(3, len(drawn)))
    if jumping:
        entries = list(dict.fromkeys(rule.entry for rules in jumping.values() for rule in rules))
        stood = conditions.of_rules(site, site.text("source.changes"), question.AREA, entries)
        yield Shelf(5, [(stood, 24)], site.text("source.change"))
        drawn = [_jump(site, name, rules, names) for name, rules in jumping.items() if name not in limited]
        yield from evenly(8, drawn, across=min(2, len(drawn)))
    others = [_along(site, name, names, ()) for name in there if name not in {*limited, *jumping}]
    if others:
        yield from evenly(7, others, site.text("source.others"), across=min(3, len(others)))


def _names(site: Site) -> Mapping[str, str]:
    """With the distance the water still has to the intake."""
    return {
        one.id: site.text("source.distance", name=site.name(one.name), km=distance)
        if (distance := site.distance(one.id))
        else site.name(one.name)
        for one in site.stations(Kind.SOURCE)
    }


def _intake(site: Site, parameter: str, intakes: Sequence[str]) -> Drawn:
    rules = limits.watching(site, Kind.SOURCE, parameter)
    asks = question.latest(
        Kind.SOURCE,
        f"last({identifier(parameter)}) AS {identifier(parameter)}",
        question.IN_RANGE,
        question.among(intakes),
        question.AREA,
        question.REAL,
        by="",
    )
    return figure(
        site,
        site.text("source.intake", parameter=site.called(parameter)),
        asks,
        unit=site.unit(parameter),
        decimals=site.decimals(parameter),
        colours=shades(limits.limits(rules)),
        about=limits.said(site, rules),
    )


def _along(site: Site, parameter: str, names: Mapping[str, str], rules: Sequence[Rule]) -> Drawn:
    key = "source.limited" if rules else "source.curve"
    title = site.text(key, parameter=site.parameter(parameter), limits=limits.said(site, rules))
    return _curves(site, parameter, names, title, rules)


def _changing(site: Site, there: Sequence[str]) -> Mapping[str, Sequence[Rule]]:
    """By parameter, the rules that look at how it changes."""
    found: dict[str, list[Rule]] = {}
    for rule in site.rules:
        if isinstance(rule, RateRule | ChangeRule) and rule.select.kind in {None, Kind.SOURCE.value}:
            same = [one for one in found.get(rule.parameter, ()) if one.entry == rule.entry]
            if rule.parameter in there and not same:  # an entry has a rule for each period
                found.setdefault(rule.parameter, []).append(rule)
    return found


def _jump(site: Site, parameter: str, rules: Sequence[Rule], names: Mapping[str, str]) -> Drawn:
    """The limit is of the change, not of the value: it stands in words, not as a line."""
    said = "; ".join(
        site.text(
            "source.unusual" if isinstance(rule, ChangeRule) else "source.jump",
            limits=limits.said(site, [rule]),
            over=durations.text(rule.over),
        )
        for rule in rules
        if isinstance(rule, RateRule | ChangeRule)
    )
    return _curves(site, parameter, names, f"{site.parameter(parameter)}: {said}", ())


def _curves(site: Site, parameter: str, names: Mapping[str, str], title: str, rules: Sequence[Rule]) -> Drawn:
    asks = question.curve(
        Kind.SOURCE,
        mean(parameter),
        question.AREA,
        question.REAL,
        f"{identifier(parameter + '_flag')} <= 3",
        fill="none",
    )
    return curves(
        site,
        title,
        [shown_as(asks)],
        unit=site.unit(parameter),
        decimals=site.decimals(parameter),
        rules=rules,
        names=names,
        interval="5m",
        gap=_GAP,
    )
