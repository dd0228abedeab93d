"""A person's step, from a form or from JSON, handed to the desk."""

from __future__ import annotations

from typing import assert_never

from alerts.console.failures import IncompleteError
from alerts.console.parts import Parts
from alerts.console.views.dossier import Step
from alerts.model import PollutionWarning

REASON_LIMIT = 500  # characters


async def take(parts: Parts, step: Step, warning_id: str, *, person: str | None, reason: str) -> PollutionWarning:
    """Takes the step. Raises `IncompleteError` for an unknown person or a missing reason, and what the desk raises."""
    if person is None or person not in parts.staff:
        raise IncompleteError("person")
    reason = " ".join(reason.split())
    if step.needs_reason and not reason:
        raise IncompleteError("reason")
    match step:
        case Step.ACKNOWLEDGE:
            return await parts.desk.acknowledge(warning_id, person=person, reason=reason)
        case Step.ISSUE:
            return await parts.desk.issue(warning_id, person=person, reason=reason)
        case Step.DISMISS:
            return await parts.desk.dismiss(warning_id, person=person, reason=reason)
        case Step.LIFT:
            return await parts.desk.lift(warning_id, person=person, reason=reason)
        case _:
            assert_never(step)
