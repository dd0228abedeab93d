"""The rules over one series, compiled once for all places that are alike to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from alerts import durations
from alerts.marks import Marks
from alerts.model import Place
from alerts.moments import length
from alerts.rules.ladder import Ladder
from alerts.rules.rule import ALL_CALM, Calm, JudgedRule

LIVE_INTERVALS = 2  # DESIGN section 6: a condition fires now where the newest instant is not older than two intervals
BLOCKS = 4  # to a memory: a state saved at each costs memory, finding the way from one to a late sample costs time

Signature = tuple[str, str]  # id and hash at that place, by which a snapshot knows a rule: its state is no other's


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """Rules that can share a memory of their samples, and what they need of it.

    A sample that is `calm` and unmarked moves none of them while their ladders are idle. Where one of them is
    `remembering`, it has to see each sample all the same.
    """

    rules: tuple[JudgedRule, ...]
    signatures: tuple[Signature, ...]  # of the rules
    ladders: tuple[Ladder, ...]
    marks: Marks  # of the samples' reasons
    may: tuple[bytes, ...]  # by rule: what a sample of each code may do
    calm: Calm
    remembering: bool
    memory: int  # samples that are remembered at least; up to a block more are
    fresh: int  # microseconds: what holds at an instant not older than that holds now
    block: int  # samples from one saved state to the next, and as many as are forgotten at once


def scheme(
    rules: Iterable[JudgedRule], place: Place, ladder: Callable[[JudgedRule, Place], Ladder], *, beyond: int = 0
) -> Scheme:
    """The scheme of rules that `sharing` has put together. `beyond`: microseconds to remember yet further."""
    rules = tuple(rules)
    ladders = tuple(ladder(rule, place) for rule in rules)
    calms = [rule.calm(place, own) for rule, own in zip(rules, ladders, strict=True)]
    step = rules[0].step_of(round(place.interval_seconds * 1e6))
    memory = max(rule.remembered(place) for rule in rules) + -(-beyond // step)
    marks = Marks.of(rules)
    bounds = [calm for calm in calms if calm is not None] or [ALL_CALM]
    return Scheme(
        rules=rules,
        signatures=tuple((rule.id, rule.hash_at(place)) for rule in rules),
        ladders=ladders,
        marks=marks,
        may=tuple(marks.may(rule) for rule in rules),
        calm=Calm(max(calm.low for calm in bounds), min(calm.high for calm in bounds)),
        remembering=None in calms,
        memory=memory,
        fresh=_fresh(rules[0], place),  # all are of the same period
        block=max(2, memory // BLOCKS),
    )


def _fresh(rule: JudgedRule, place: Place) -> int:
    """Of a mean, the time it takes to come to be is no delay."""
    step = rule.step_of(round(place.interval_seconds * 1e6))
    return LIVE_INTERVALS * step + length(durations.period_length(rule.period))


def sharing(rules: Iterable[JudgedRule]) -> Sequence[Sequence[JudgedRule]]:
    """Rules of one series in groups that can share a memory: as many sets of reasons as a sample can be marked for."""
    groups: list[list[JudgedRule]] = []
    for rule in rules:
        for group in groups:
            if rule.of_what == group[0].of_what and Marks.of([*group, rule]).fit:
                group.append(rule)
                break
        else:
            groups.append([rule])
    return groups
