"""How warnings and rules stood over time: bands named by rule and subject, for several dashboards."""

from __future__ import annotations

import re
from collections.abc import Sequence

from alerts.chronicle import Record
from alerts.rules.rule import JudgedRule
from grafana import palette, question, tables
from grafana.layout import Drawn
from grafana.panels import shown_as
from grafana.site import Site
from grafana.timelines import timeline

_BY = '"rule", "station"'
_PAIR = "$tag_rule @ $tag_station"


def of_warnings(site: Site, title: str, given: str) -> Drawn:
    """The rank of what was open, and nothing where nothing was."""
    what = 'last("open") * last("rank") AS "rank"'
    return _timeline(site, title, what, given, of(Record.ACT), question.REAL)


def of_rules(site: Site, title: str, given: str, entries: Sequence[str] = ()) -> Drawn:
    """In event time, whether or not it meant anything for people; `entries` are the rules meant, all by default."""
    only = f'"rule" =~ /^({"|".join(re.escape(entry) for entry in entries)})(\\..*)?$/' if entries else ""
    return _timeline(site, title, 'last("rank") AS "rank"', given, of(Record.TRANSITION), only)


def of(record: Record) -> str:
    """Events of that record."""
    return f"\"record\" = '{record.value}'"


def _timeline(site: Site, title: str, what: str, *given: str) -> Drawn:
    asks = question.curve("warning", what, *given, by=_BY, fill="previous")
    bands = tables.levels(site, calm=palette.QUIET)
    return timeline(site, title, [shown_as(asks, _PAIR)], bands, renamed=_names(site))


def _names(site: Site) -> list[tuple[str, str]]:
    """Rule by rule, parameter by parameter, subject by subject: all their combinations would be a hundred thousand."""
    entries = {rule.entry: site.name(rule.name) for rule in site.rules}
    alone = [(rf"^{re.escape(entry)} @ ", f"{_literal(name)} · ") for entry, name in entries.items()]
    several = [(rf"^{re.escape(entry)}\.(\S+) @ ", f"{_literal(name)} $1 · ") for entry, name in entries.items()]
    codes = {
        rule.parameter: _literal(site.of_rule(rule.parameter)) for rule in site.rules if isinstance(rule, JudgedRule)
    }
    whole = [(rf" {re.escape(code)} · ", f" {name} · ") for code, name in codes.items()]
    parted = [(rf" {re.escape(code)}\.(\S+) · ", f" {name} $1 · ") for code, name in codes.items()]
    subjects = [(rf"· {re.escape(id_)}$", f"· {_literal(name)}") for id_, name in site.subjects.items()]
    return [*alone, *several, *whole, *parted, *subjects]


def _literal(name: str) -> str:
    return name.replace("$", "$$")
