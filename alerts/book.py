"""The open warnings: transitions and people's acts in, warnings and acts out.

Pure: the journal keeps what comes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from alerts import lifecycle
from alerts.entries import Entry
from alerts.model import (
    Act,
    ActKind,
    Change,
    Level,
    Place,
    PollutionWarning,
    Transition,
    WarningState,
)
from alerts.procedures import Procedures
from alerts.rules import Rule

LATE = "discovered late"


class Book:
    """Open warnings by (rule, subject). Two of one pair cannot be open at a time."""

    def __init__(self, *, rules: Mapping[str, Rule], places: Mapping[str, Place], procedures: Procedures) -> None:
        self._rules = rules
        self._places = places
        self._procedures = procedures
        self._open: dict[tuple[str, str], PollutionWarning] = {}

    @property
    def open_warnings(self) -> Mapping[tuple[str, str], PollutionWarning]:
        """By (rule, subject); a view, not a copy."""
        return MappingProxyType(self._open)

    def load(self, open_warnings: Iterable[PollutionWarning]) -> None:
        """Takes the journal's open warnings in place of what is here."""
        self._open = {(warning.rule, warning.subject): warning for warning in open_warnings if warning.open}

    def apply(self, transition: Transition) -> Entry | None:
        """What a transition means for people; None where nothing.

        Raises `KeyError` for a rule that is not among ours, `NotAllowedError` for a pair the tables do not have.
        """
        key = (transition.rule, transition.subject)
        rule = self._rules[transition.rule]
        standing = None if transition.change is Change.DISCOVERED_LATE else self._open.get(key)
        step = lifecycle.by_rule(
            self._procedures.of(rule.type), standing.state if standing else None, transition.change
        )
        if step is None:
            return None
        if standing is None:
            warning = self._born(rule, transition, step)
        else:
            step = step._replace(act=_risen(step.act, standing, transition))
            warning = _moved(standing, transition, step)
        act = Act(
            warning=warning.id,
            kind=step.act,
            at=transition.noticed_at,
            level=warning.level,
            reason=LATE if transition.change is Change.DISCOVERED_LATE else "",
            transition=transition.id,
        )
        if transition.change is not Change.DISCOVERED_LATE:
            self._keep(warning)
        return Entry(warning=warning, acts=(act,), transition=transition)

    def _born(self, rule: Rule, transition: Transition, step: lifecycle.Step) -> PollutionWarning:
        assert transition.level is not None, "only clearing has no level, and it bears nothing"
        place = self._places.get(transition.subject)
        lifted = step.state is WarningState.LIFTED
        return PollutionWarning(
            id="w-" + transition.id[:12],
            rule=rule.id,
            type=rule.type,
            kind=rule.select.kind or (place.kind if place else ""),
            subject=transition.subject,
            subject_is_area=place.is_area if place else rule.select.per == "area",
            parameter=transition.parameter,
            level=transition.level,
            state=step.state,
            onset=transition.onset,
            raised_at=transition.noticed_at,
            changed_at=transition.noticed_at,
            evidence=transition.evidence,
            highest=transition.level,
            lifted_at=transition.noticed_at if lifted else None,
        )

    def act(self, warning: PollutionWarning, kind: ActKind, *, person: str, at: datetime, reason: str = "") -> Entry:
        """A person's act. Raises `NotAllowedError` where the warning, as it stands, has no such step."""
        state = lifecycle.by_person(warning.state, kind)
        act = Act(warning=warning.id, kind=kind, at=at, level=warning.level, person=person, reason=reason)
        if kind is not ActKind.ACKNOWLEDGED:
            lifted = at if state is WarningState.LIFTED else None
            warning = replace(warning, state=state, changed_at=at, lifted_at=lifted)
            self._keep(warning)
        return Entry(warning=warning, acts=(act,), transition=None)

    def _keep(self, warning: PollutionWarning) -> None:
        key = (warning.rule, warning.subject)
        if warning.open:
            self._open[key] = warning
        elif (standing := self._open.get(key)) is not None and standing.id == warning.id:
            del self._open[key]


def _risen(act: ActKind, standing: PollutionWarning, transition: Transition) -> ActKind:
    """A condition that came back graver than it was is an upgrade; an upgrade to no graver level is a return."""
    if act not in {ActKind.RETURNED, ActKind.UPGRADED} or transition.level is None:
        return act
    return ActKind.UPGRADED if transition.level.rank > standing.level.rank else ActKind.RETURNED


def _moved(standing: PollutionWarning, transition: Transition, step: lifecycle.Step) -> PollutionWarning:
    """The open warning after a transition. What cleared or lost its basis keeps the level people know."""
    keeps = transition.change in {Change.CLEARED, Change.BASIS_WITHDRAWN} or transition.level is None
    level: Level = standing.level if keeps or transition.level is None else transition.level
    withdrawn = transition.change is Change.BASIS_WITHDRAWN
    return replace(
        standing,
        state=step.state,
        level=level,
        highest=max(standing.highest, level, key=lambda one: one.rank),
        changed_at=transition.noticed_at,
        evidence=standing.evidence if keeps else transition.evidence,
        lifted_at=transition.noticed_at if step.state is WarningState.LIFTED else None,
        lift_due=step.act is ActKind.LIFT_DUE or (withdrawn and standing.lift_due),
        basis_withdrawn=withdrawn,
    )
