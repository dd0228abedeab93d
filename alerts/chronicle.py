"""What happened to warnings and rules, one event after the other, as the store keeps it for dashboards. Pure.

The journal says what was done; an event also says how the warning stood afterwards, so that the newest event of a
rule and subject alone says whether anything is open there, and unanswered. Two warnings of one pair are never open at a
time; those that were discovered late are told apart (`Record.LATE`), since they may lie beside an open one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from alerts.console.language import Language as Reading
from alerts.console.sentences import inequality, named, others
from alerts.lifecycle import acknowledged
from alerts.model import Act, ActKind, Change, Level, Place, PollutionWarning, WarningState
from alerts.moments import to_micros
from alerts.naming import Naming
from alerts.notifications import Language
from alerts.notify import render

_AFTER = {
    ActKind.PROPOSED: WarningState.PROPOSED,
    ActKind.ISSUED: WarningState.ISSUED,
    ActKind.LIFTED: WarningState.LIFTED,
    ActKind.DISMISSED: WarningState.DISMISSED,
    ActKind.LAPSED: WarningState.LAPSED,
}  # every other act leaves the state as it was


class Record(StrEnum):
    """What an event is an event of."""

    ACT = "act"  # a warning, and how it stands now
    LATE = "late"  # a warning that had begun and ended before anybody knew
    TRANSITION = "transition"  # a rule at its subject, in event time, whether or not it meant anything for people


class Event(NamedTuple):
    """`at` is unique among the events of one record, rule and subject. Microseconds since 1970 UTC."""

    record: Record
    rule: str
    subject: str
    kind: str
    drill: bool
    at: int
    numbers: tuple[tuple[str, int], ...]
    answered_after: float | None  # seconds from raising, where a person acknowledged
    words: tuple[tuple[str, str], ...]


class Done(NamedTuple):
    """An act in the journal, the `nth` of its rule, subject and moment; `why` is its transition's sentence."""

    act: Act
    nth: int
    why: str
    change: Change | None


class Turned(NamedTuple):
    """A transition in the journal, the `nth` of its rule, subject and instant; times are microseconds."""

    rule: str
    subject: str
    parameter: str | None
    change: Change
    level: Level | None
    instant: int
    onset: int
    noticed_at: int
    why: str
    nth: int


def of_acts(warning: PollutionWarning, done: Sequence[Done], naming: Naming) -> Sequence[Event]:
    """An event for each act of one warning; `done` are all of its acts so far, in order."""
    state, why, events = WarningState.PROPOSED, "", []
    for number, one in enumerate(done, start=1):
        state = _AFTER.get(one.act.kind, state)
        why = one.why or why  # a person's act follows from what was said last
        then = replace(warning, level=one.act.level, state=state)
        answer = acknowledged(then, [before.act for before in done[:number]])
        events.append(_event(then, one._replace(why=why), naming, answered=answer is not None))
    return events


def _event(warning: PollutionWarning, done: Done, naming: Naming, *, answered: bool) -> Event:
    act, place = done.act, naming.place(warning)
    matter = render.Matter(
        warning=warning,
        act=act,
        place=place,
        rule_name=naming.rule(warning),
        person_name=None,
        url=naming.page(warning),
        zone=naming.zone,
    )
    by_person = act.kind is ActKind.ACKNOWLEDGED
    return Event(
        record=Record.LATE if done.change is Change.DISCOVERED_LATE else Record.ACT,
        rule=warning.rule,
        subject=warning.subject,
        kind=warning.kind,
        drill=warning.drill,
        at=to_micros(act.at) + done.nth,
        numbers=(
            ("open", int(warning.open)),
            ("unanswered", int(warning.open and not answered)),
            ("rank", act.level.rank + 1),
            *((f"open_{level.value}", int(warning.open and level is act.level)) for level in Level),
            ("raised", to_micros(warning.raised_at)),
            ("onset", to_micros(warning.onset)),
        ),
        answered_after=(act.at - warning.raised_at).total_seconds() if by_person else None,
        words=_said(
            warning=warning.id,
            type=warning.type.value,
            act=act.kind.value,
            state=warning.state.value,
            level=act.level.value,
            parameter=warning.parameter or "",
            person=act.person or "",
            why=_why(done.why, warning.parameter, naming, Reading.EN),
            why_zh=_why(done.why, warning.parameter, naming, Reading.ZH),
            url=matter.url,
            zh=render.subject(matter, Language.ZH),
            en=render.subject(matter, Language.EN),
        ),
    )


def of_transitions(turned: Iterable[Turned], places: Mapping[str, Place]) -> Sequence[Event]:
    """An event for each, at the instant that decided it; rank 0 is a condition that holds no more."""
    return [
        Event(
            record=Record.TRANSITION,
            rule=one.rule,
            subject=one.subject,
            kind=places[one.subject].kind if one.subject in places else "",
            drill=False,
            at=one.instant + one.nth,
            numbers=(
                ("rank", 0 if one.level is None or one.change is Change.DISCOVERED_LATE else one.level.rank + 1),
                ("onset", one.onset),
                ("noticed", one.noticed_at),
                ("delay", one.noticed_at - one.instant),
            ),
            answered_after=None,
            words=_said(
                change=one.change.value,
                level=one.level.value if one.level else "",
                parameter=one.parameter or "",
                why=one.why,
                why_zh=inequality(one.why, None, "", Reading.ZH),
            ),
        )
        for one in turned
    ]


def _why(sentence: str, parameter: str | None, naming: Naming, language: Reading) -> str:
    """With every parameter in it by name."""
    called = naming.called(parameter or "")
    said = inequality(sentence, parameter, language.of(called), language)
    for other in others(sentence):
        said = named(said, other, language.of(naming.called(other)))
    return said


def _said(**words: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, word) for name, word in words.items() if word)
