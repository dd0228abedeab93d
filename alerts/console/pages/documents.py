"""The shapes of the JSON interface. Times are UTC, RFC 3339; levels, states and types are the words of the design."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from alerts.console.answering import REASON_LIMIT
from alerts.model import ActKind, Cause, Level, WarningState, WarningType
from alerts.outfall.model import CaseEvent
from alerts.ports import StationState
from alerts.views import CaseView, WarningView
from alerts.windows import MILLION


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class Acknowledgement(BaseModel):
    """What a program posts to acknowledge."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    person: str = Field(min_length=1, max_length=100)
    reason: str = Field(default="", max_length=REASON_LIMIT)


class ActDocument(_Document):
    """One entry of a warning's history."""

    kind: ActKind
    at: datetime
    level: Level
    person: str | None
    reason: str


class SampleDocument(_Document):
    """One value judged, as it stood then."""

    station: str
    instant: datetime
    value: float | None
    flag: int
    received_at: datetime | None


class NotificationDocument(_Document):
    """Proof for one person over one channel."""

    person: str
    channel: str
    state: str
    attempts: int
    uncertain: bool
    queued_at: datetime
    accepted_at: datetime | None
    detail: str


class WarningDocument(_Document):
    """A warning in a list. Exactly one of `station` and `area` is set."""

    id: str
    kind: str
    type: WarningType
    level: Level
    highest: Level
    state: WarningState
    station: str | None
    area: str | None
    name: tuple[str, str]  # zh, en
    parameter: str | None
    cause: Cause | None
    inequality: str
    onset: datetime
    raised_at: datetime
    changed_at: datetime
    lifted_at: datetime | None
    lift_due: bool
    basis_withdrawn: bool
    drill: bool
    acknowledged: ActDocument | None

    @classmethod
    def of(cls, view: WarningView) -> Self:
        """From what the desk gives."""
        return cls.model_validate(_fields(view))


class WarningFile(WarningDocument):
    """A warning with everything behind it."""

    rule: str
    rule_name: tuple[str, str]
    rule_hash: str
    edition: str
    missing: int
    samples: tuple[SampleDocument, ...]
    acts: tuple[ActDocument, ...]
    notifications: tuple[NotificationDocument, ...]

    @classmethod
    def of(cls, view: WarningView) -> Self:
        """From what the desk gives."""
        evidence = view.warning.evidence
        behind = {
            "rule": view.warning.rule,
            "rule_name": view.rule_name,
            "rule_hash": evidence.rule_hash,
            "edition": evidence.edition,
            "missing": evidence.missing,
            "samples": evidence.samples,
            "acts": view.acts,
            "notifications": view.notifications,
        }
        return cls.model_validate({**_fields(view), **behind})


def _fields(view: WarningView) -> dict[str, object]:
    warning, place = view.warning, view.place
    same = ("id", "kind", "type", "level", "highest", "state", "parameter", "onset", "raised_at", "changed_at")
    more = ("lifted_at", "lift_due", "basis_withdrawn", "drill")
    return {
        **{name: getattr(warning, name) for name in (*same, *more)},
        "station": None if warning.subject_is_area else warning.subject,
        "area": warning.subject if warning.subject_is_area else None,
        "name": (place.zh, place.en) if place else (warning.subject, warning.subject),
        "cause": warning.evidence.cause,
        "inequality": warning.evidence.inequality,
        "acknowledged": view.acknowledged,
    }


class ValueDocument(_Document):
    """A station's newest value of one parameter."""

    value: float | None
    flag: int


class StationDocument(_Document):
    """A station as intake knows it."""

    id: str
    kind: str
    area: str
    name: tuple[str, str]  # zh, en
    lon: float | None
    lat: float | None
    last_instant: datetime | None
    last_received: datetime | None
    silent: bool
    values: Mapping[str, ValueDocument]

    @classmethod
    def of(cls, state: StationState) -> Self:
        """From what intake gives."""
        place = state.place
        return cls(
            id=place.id,
            kind=place.kind,
            area=place.area,
            name=(place.zh, place.en),
            lon=place.lon,
            lat=place.lat,
            last_instant=state.last_instant,
            last_received=state.last_received,
            silent=state.silent,
            values={name: ValueDocument(value=value, flag=flag) for name, (value, flag) in state.values.items()},
        )


class CaseDocument(_Document):
    """A day of an outfall above its limit. `value` and `limit` are in the parameter's unit, `load_kg` of the day."""

    id: str
    open: bool
    event: CaseEvent  # the newest
    outfall: str
    station: str
    parameter: str
    day: date
    value: float | None
    limit: float | None
    basis: str
    load_kg: float | None
    hours: int  # of the day that count
    revision: int
    opened_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, view: CaseView) -> Self:
        """From what the desk gives."""
        case = view.case
        same = ("id", "event", "outfall", "station", "parameter", "day", "basis", "hours", "revision")
        return cls(
            **{name: getattr(case, name) for name in same},
            open=view.open,
            value=None if case.value is None else case.value / MILLION,
            limit=case.limit / MILLION if case.limit else None,
            load_kg=None if case.load is None else case.load / MILLION,
            opened_at=view.opened_at,
            changed_at=view.changed_at,
        )
