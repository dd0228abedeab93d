"""Who is told of an act, over which channel. Pure; whether now is `dedup`'s question."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from alerts.model import Act, ActKind, PollutionWarning
from alerts.notifications import Channel
from alerts.people import People, Told

# The end of a warning: told to whoever heard of it, and to nobody else.
ENDINGS = frozenset({ActKind.LIFTED, ActKind.DISMISSED, ActKind.LAPSED})


class Hearing(StrEnum):
    """Why a receiver hears of an act, or does not."""

    ASKED_FOR = "asked_for"  # the receiver's filters let it through
    HEARD_BEFORE = "heard_before"  # told of this warning earlier, so also of what becomes of it
    NOT_THIS_ACT = "not_this_act"
    NEVER_HEARD = "never_heard"  # the end of a warning that this receiver was never told of
    OTHER_TYPE = "other_type"
    OTHER_KIND = "other_kind"
    OTHER_AREA = "other_area"
    TOO_MILD = "too_mild"

    @property
    def hears(self) -> bool:
        """Whether the receiver is told."""
        return self in {Hearing.ASKED_FOR, Hearing.HEARD_BEFORE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One person over one channel."""

    person: str
    channel: Channel


def hearing(told: Told, warning: PollutionWarning, act: Act, *, area: str, heard_before: bool) -> Hearing:
    """Whether and why a receiver with those filters hears of the act. `area` is where the warning is."""
    if act.kind in ENDINGS:
        return Hearing.HEARD_BEFORE if heard_before else Hearing.NEVER_HEARD
    if act.kind not in told.acts:
        return Hearing.NOT_THIS_ACT
    if heard_before:
        return Hearing.HEARD_BEFORE
    return _filtered(told, warning, act, area)


def _filtered(told: Told, warning: PollutionWarning, act: Act, area: str) -> Hearing:
    if told.types and warning.type not in told.types:
        return Hearing.OTHER_TYPE
    if told.kinds and warning.kind not in told.kinds:
        return Hearing.OTHER_KIND
    if told.areas and area not in told.areas:
        return Hearing.OTHER_AREA
    if act.level.rank < told.minimum.rank:
        return Hearing.TOO_MILD
    return Hearing.ASKED_FOR


def routes(
    warning: PollutionWarning,
    act: Act,
    people: People,
    *,
    area: str,
    heard: Collection[str],
    only: frozenset[Channel] | None = None,
) -> tuple[Route, ...]:
    """Every person and channel the act goes to. `heard` are the ids of those told of this warning before.

    `only` restricts the channels: in replayed time nothing may reach people outside.
    """
    return tuple(
        Route(person=one.id, channel=channel)
        for one in people.receivers
        if hearing(one.told, warning, act, area=area, heard_before=one.id in heard).hears
        for channel in one.channels.addresses
        if only is None or channel in only
    )
