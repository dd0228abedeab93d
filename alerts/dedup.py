"""Whether a person is told now. Pure; to whom at all is `routing`'s question."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum

from alerts.model import Act, ActKind
from alerts.routing import Route


class Timing(StrEnum):
    """Why a notification is queued, or is not."""

    NOW = "now"
    NOT_NEWS = "not_news"  # an acknowledgement is somebody's answer, not a message
    ALREADY_TOLD = "already_told"  # that key is in the outbox: the act came again
    OVERTAKEN = "overtaken"  # a later act of the same step tells the same person more


def timing(act: Act, *, key: str, known: Collection[str], later: Sequence[Collection[Route]], route: Route) -> Timing:
    """Judges one act for one route. `later` are the routes of the acts after it in the same step."""
    if act.kind is ActKind.ACKNOWLEDGED:
        return Timing.NOT_NEWS
    if key in known:
        return Timing.ALREADY_TOLD
    if any(route in routes for routes in later):
        return Timing.OVERTAKEN
    return Timing.NOW
