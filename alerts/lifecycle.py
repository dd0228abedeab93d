"""The life of a warning as tables: what a rule's change does to it, and what a person may do.

    automatic                              signed
    (none) -raised-> issued                (none) -raised-> proposed -a person-> issued
    issued -cleared-> lifted               proposed -a person-> dismissed
    issued -a person-> lifted              proposed -cleared-> lapsed
                                           issued -cleared-> issued, and a lift is due
                                           issued -a person-> lifted

A proposal nobody decided on lapses when its condition has truly cleared, so that the next episode is proposed with
evidence of its own. What was issued only a person lifts.

Changes that are not in `BY_RULE` and stand in `IGNORED` mean nothing for people; acts that are not in `BY_PERSON`
are refused. An acknowledgement is a record beside the state, void once the warning rises above its level.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from alerts.errors import NotAllowedError
from alerts.model import Act, ActKind, Change, PollutionWarning, WarningState
from alerts.procedures import Procedure

_AUTOMATIC, _SIGNED = Procedure.AUTOMATIC, Procedure.SIGNED
_PROPOSED, _ISSUED, _LIFTED, _DISMISSED, _LAPSED = (
    WarningState.PROPOSED,
    WarningState.ISSUED,
    WarningState.LIFTED,
    WarningState.DISMISSED,
    WarningState.LAPSED,
)


class Step(NamedTuple):
    """Where a change leads and what is entered in the history."""

    state: WarningState
    act: ActKind


# None stands for "no open warning". RAISED at an open warning is a condition that came back before a person lifted,
# or whose basis had been withdrawn; UPGRADED without one follows a person's lifting while the condition held.
BY_RULE: dict[tuple[Procedure, WarningState | None, Change], Step] = {
    (_AUTOMATIC, None, Change.RAISED): Step(_ISSUED, ActKind.ISSUED),
    (_AUTOMATIC, None, Change.UPGRADED): Step(_ISSUED, ActKind.ISSUED),
    (_AUTOMATIC, None, Change.DISCOVERED_LATE): Step(_LIFTED, ActKind.LIFTED),
    (_AUTOMATIC, _ISSUED, Change.RAISED): Step(_ISSUED, ActKind.RETURNED),
    (_AUTOMATIC, _ISSUED, Change.UPGRADED): Step(_ISSUED, ActKind.UPGRADED),
    (_AUTOMATIC, _ISSUED, Change.DOWNGRADED): Step(_ISSUED, ActKind.DOWNGRADED),
    (_AUTOMATIC, _ISSUED, Change.CLEARED): Step(_LIFTED, ActKind.LIFTED),
    (_AUTOMATIC, _ISSUED, Change.BASIS_WITHDRAWN): Step(_ISSUED, ActKind.BASIS_WITHDRAWN),
    (_SIGNED, None, Change.RAISED): Step(_PROPOSED, ActKind.PROPOSED),
    (_SIGNED, None, Change.UPGRADED): Step(_PROPOSED, ActKind.PROPOSED),
    (_SIGNED, None, Change.DISCOVERED_LATE): Step(_LIFTED, ActKind.LIFTED),
    (_SIGNED, _PROPOSED, Change.RAISED): Step(_PROPOSED, ActKind.RETURNED),
    (_SIGNED, _PROPOSED, Change.UPGRADED): Step(_PROPOSED, ActKind.UPGRADED),
    (_SIGNED, _PROPOSED, Change.DOWNGRADED): Step(_PROPOSED, ActKind.DOWNGRADED),
    (_SIGNED, _PROPOSED, Change.CLEARED): Step(_LAPSED, ActKind.LAPSED),
    (_SIGNED, _PROPOSED, Change.BASIS_WITHDRAWN): Step(_PROPOSED, ActKind.BASIS_WITHDRAWN),
    (_SIGNED, _ISSUED, Change.RAISED): Step(_ISSUED, ActKind.RETURNED),
    (_SIGNED, _ISSUED, Change.UPGRADED): Step(_ISSUED, ActKind.UPGRADED),
    (_SIGNED, _ISSUED, Change.DOWNGRADED): Step(_ISSUED, ActKind.DOWNGRADED),
    (_SIGNED, _ISSUED, Change.CLEARED): Step(_ISSUED, ActKind.LIFT_DUE),
    (_SIGNED, _ISSUED, Change.BASIS_WITHDRAWN): Step(_ISSUED, ActKind.BASIS_WITHDRAWN),
}

# A person lifted or dismissed it already: what its condition does further is no news for people.
IGNORED: frozenset[tuple[WarningState | None, Change]] = frozenset(
    {(None, Change.DOWNGRADED), (None, Change.CLEARED), (None, Change.BASIS_WITHDRAWN)}
)

BY_PERSON: dict[tuple[WarningState, ActKind], WarningState] = {
    (_PROPOSED, ActKind.ISSUED): _ISSUED,
    (_PROPOSED, ActKind.DISMISSED): _DISMISSED,
    (_PROPOSED, ActKind.ACKNOWLEDGED): _PROPOSED,
    (_ISSUED, ActKind.LIFTED): _LIFTED,
    (_ISSUED, ActKind.ACKNOWLEDGED): _ISSUED,
}


def by_rule(procedure: Procedure, state: WarningState | None, change: Change) -> Step | None:
    """The step a change makes; None where it is listed as ignored. Raises `NotAllowedError` for any other pair.

    `PROPOSED` under `automatic` is what a change of procedure leaves behind: it goes on as signed.
    """
    if (state, change) in IGNORED:
        return None
    if state is _PROPOSED:
        procedure = _SIGNED
    step = BY_RULE.get((procedure, state, change))
    if step is None:
        raise NotAllowedError(f"{procedure.value}: {change.value} does not follow on {state or 'no warning'}")
    return step


def by_person(state: WarningState, act: ActKind) -> WarningState:
    """The state a person's act leads to. Raises `NotAllowedError` where there is no such step."""
    after = BY_PERSON.get((state, act))
    if after is None:
        raise NotAllowedError(f"a warning that is {state.value} cannot be {act.value} by a person")
    return after


def acknowledged(warning: PollutionWarning, acts: Iterable[Act]) -> Act | None:
    """The acknowledgement in force: the newest one, unless the warning rose above its level afterwards."""
    standing: Act | None = None
    for act in acts:
        if act.warning != warning.id:
            continue
        if act.kind is ActKind.ACKNOWLEDGED:
            standing = act
        elif standing is not None and act.level.rank > standing.level.rank:
            standing = None
    if standing is not None and warning.level.rank > standing.level.rank:
        return None
    return standing
