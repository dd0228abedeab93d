"""The grounds of a transition, frozen when it is announced: the deciding window's samples and the inequality."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import timedelta

from alerts.announcing import News
from alerts.beside import NOTHING, Agreed, Beside
from alerts.fold import Fold
from alerts.memory import UNKNOWN_DELAY, Row, SampleMemory
from alerts.model import Change, Evidence, EvidenceSample, Level, Place
from alerts.moments import from_micros, stated
from alerts.rules.agreeing import Corroborated
from alerts.rules.ahead import LookingAhead
from alerts.rules.arrival import Approach
from alerts.rules.forecast import Foresight
from alerts.rules.joint import Together
from alerts.rules.rule import MARKED, JudgedRule

_IN_A_ROW = re.compile(r", \d+ samples")
MOST_SAMPLES = 48  # two days of hourly values: enough to see why, small enough to send


def evidence(
    *,
    rule: JudgedRule,
    place: Place,
    samples: SampleMemory,
    head: Fold,
    news: News,
    may: bytes,
    beside: Beside = NOTHING,
) -> Evidence:
    """What a person needs to check the judgement. For an area the samples are the area's means."""
    over = 0 if head.lens is None else head.lens.over
    first = samples.first_after(news.instant - over) if over else samples.first_from(news.onset)
    window = list(samples.rows(first, samples.first_after(news.instant)))
    accepted = sum(1 for row in window if may[row.code] and math.isfinite(row.value))
    step = rule.step_of(round(place.interval_seconds * 1e6))
    full = over // step if over else (news.instant - news.onset) // step + 1
    return Evidence(
        rule_hash=rule.hash,
        inequality=_inequality(rule=rule, place=_as_measured(place, beside, head, news), head=head, news=news),
        samples=tuple(_sample(row, place.id) for row in window[-MOST_SAMPLES:]),
        missing=max(0, full - accepted),
        cause=rule.cause,
    )


def _as_measured(place: Place, beside: Beside, head: Fold, news: News) -> Place:
    """With the velocities of then in place of those configured, where the way to the intake is measured."""
    if beside.current is None or place.reach is None:
        return place
    front = head.lens.front if isinstance(head.lens, Approach) else None
    since = news.onset if front is None else front
    return replace(place, reach=beside.current.way(place.reach, since, max(since, news.instant)))


def _inequality(*, rule: JudgedRule, place: Place, head: Fold, news: News) -> str:
    if news.change is Change.BASIS_WITHDRAWN or math.isnan(news.value):
        level = tuple(Level)[news.judged].value
        if news.change in {Change.UPGRADED, Change.DOWNGRADED}:
            return f"the rule was changed and has other levels than {level}"
        return f"after a revision of the readings nothing stands that reaches {level}"
    lens = head.lens
    lifting = news.change in {Change.CLEARED, Change.DOWNGRADED}
    said = rule.inequality(value=news.value, state=head.ladder, rank=news.judged, lifting=lifting, place=place)
    if isinstance(lens, Foresight | Together):
        return f"{lens.says(news.instant)}; {said}"
    if lifting:
        if isinstance(lens, LookingAhead) and lens.holds(news.instant):
            return f"{said.partition(' for ')[0]}, {lens.says(news.instant)}"
        return said
    if isinstance(lens, Corroborated):
        said = _confirmed(said, lens.agreed(news.instant))
    elif isinstance(lens, Approach):
        said = _confirmed(said, lens.confirmed_by(news.instant))
    follows = rule.downstream(instant=news.instant, onset=news.onset, value=news.value, place=place)
    return f"{said}; {follows}" if follows else said


def _confirmed(said: str, agreed: Agreed | None) -> str:
    """With what confirmed it in place of samples in a row."""
    if agreed is None:
        return said
    first, then, rest = _IN_A_ROW.sub("", said).partition("; ")
    return f"{first}, confirmed by {agreed.said} at {stated(agreed.instant)}{then}{rest}"


def _sample(row: Row, station: str) -> EvidenceSample:
    instant = from_micros(row.instant)
    return EvidenceSample(
        instant=instant,
        value=None if math.isnan(row.value) else row.value,
        flag=row.code % MARKED,
        received_at=None if row.delay == UNKNOWN_DELAY else instant + timedelta(seconds=row.delay),
        station=station,
    )
