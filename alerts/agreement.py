"""Parameters of one station that confirm each other: looked up in the memories of their series. Pure.

Nothing is kept here. Where something noteworthy comes to a series whose rules others lean on, or is corrected in it,
their exceedances near it in time are judged again, at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from math import isfinite

from alerts.beside import Agreed
from alerts.evaluation import Series
from alerts.memory import Row
from alerts.model import Place, Transition
from alerts.moments import length
from alerts.rules.arrival import ArrivalRule
from alerts.rules.rule import MARKED, JudgedRule
from alerts.windows import TO_RAISE


class Agreement:
    """What may confirm one rule at one station; of its kind there are as many as there are series: it keeps nothing."""

    __slots__ = ("_links", "_place", "_rule")

    def __init__(self, *, links: Agreements, place: Place, rule: str) -> None:
        self._links = links
        self._place = place
        self._rule = rule

    def nearest(self, instant: int) -> Agreed | None:
        """Of two equally near the earlier, of two at once that of the rule named first."""
        agreeing = self._links.agreeing(self._place, self._rule, instant)
        found = min(agreeing, key=lambda one: (abs(one[0].instant - instant), one[0].instant), default=None)
        if found is None:
            return None
        row, rule = found
        return Agreed(rule.figure(row.value), row.instant)


def _beyond(rule: JudgedRule, row: Row, series: Series) -> bool:
    exceeds = rule.exceeds(row.value)
    if exceeds is not None:
        return exceeds
    episodes = series.episodes(rule.id)
    return any(one.raised <= row.instant and (one.ended is None or row.instant < one.ended) for one in episodes)


class Agreements:
    """Who may confirm whom. `there`: the series at a place that a rule is over, where anything of it has come."""

    def __init__(self, *, rules: Sequence[JudgedRule], there: Callable[[Place, JudgedRule], Series | None]) -> None:
        self._there = there
        self._named = {rule.id: (rule.leans_on, _named(rule, rules)) for rule in rules if rule.leans_on}
        self._leaning: dict[str, list[tuple[JudgedRule, int]]] = {}  # by the rule they lean on
        for rule in rules:
            if rule.leans_on:
                for one in self._named[rule.id][1]:
                    self._leaning.setdefault(one.id, []).append((rule, length(rule.leans_on.within)))

    def second(self, place: Place, rule: str) -> Agreement | None:
        """What may confirm that rule there."""
        _, named = self._named[rule]
        return Agreement(links=self, place=place, rule=rule) if any(one.watches(place) for one in named) else None

    def agreeing(self, place: Place, leaning: str, instant: int) -> Iterator[tuple[Row, JudgedRule]]:
        """The samples there that agree with an exceedance at that instant, in the order in which rules are named."""
        leans_on, named = self._named[leaning]
        within = length(leans_on.within)
        for rule in named:
            series = self._there(place, rule) if rule.watches(place) else None
            if series is None:
                continue
            samples = series.samples
            first, end = samples.first_from(instant - within), samples.first_after(instant + within)
            for row in samples.rows(first, end) if end > first else ():
                if rule.may[row.code % MARKED] & TO_RAISE and isfinite(row.value) and _beyond(rule, row, series):
                    yield row, rule

    def reach(self, rules: Iterable[JudgedRule]) -> int | None:
        """How near in time others look at samples of these rules, in microseconds; None where nobody does."""
        return max((within for rule in rules for _, within in self._leaning.get(rule.id, ())), default=None)

    def overlook(self) -> None:
        """Nothing waits to be judged."""

    def judge(
        self,
        series: Series,
        first: int,
        last: int,
        now: datetime,
        *,
        revised: bool,  # noqa: ARG002  a new one is looked at as a late one is
    ) -> Iterator[Transition]:
        """Judges again what others have near samples of a series between two instants; what is to be told of it.

        To whoever leans on those others none of it is a new sample: a value agrees by what it is.
        """
        every = {
            one.id: (one, within) for rule in series.scheme.rules for one, within in self._leaning.get(rule.id, ())
        }
        for rule, within in every.values():
            other = self._there(series.place, rule) if rule.watches(series.place) else None
            begin, end = first - within, last + within
            if other is None or _stands(other, rule, begin) or not _exceeds(other, rule, begin, end):
                continue
            if other.revise(begin):
                yield from Series.announce(other, now, last)


def _named(rule: JudgedRule, rules: Iterable[JudgedRule]) -> list[JudgedRule]:
    """The rules over other parameters that it names, in that order."""
    names = rule.leans_on.with_ if rule.leans_on else ()
    every = [*rules]
    found = (one for name in names for one in every if name in {one.id, one.entry})
    return [one for one in found if one.parameter != rule.parameter]


def _stands(series: Series, rule: JudgedRule, before: int) -> bool:
    """Whether it was raised before that and still is, and has nothing else to raise that waits for samples."""
    head = next((watch.head for watch in series.watches if watch.rule.id == rule.id), None)
    if head is None or head.open is None or head.open.raised >= before:
        return False
    return isinstance(rule, ArrivalRule) or len(head.ladder.ladder.comparators) == 1


def _exceeds(series: Series, rule: JudgedRule, first: int, last: int) -> bool:
    samples = series.samples
    if not samples:
        return False
    return any(rule.exceeds(row.value) for row in samples.rows(samples.first_from(first), samples.first_after(last)))
