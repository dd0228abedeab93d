"""Values to rows and back. Pure; the order of columns is written once, here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from alerts.model import (
    Act,
    ActKind,
    Cause,
    Evidence,
    EvidenceSample,
    Level,
    PollutionWarning,
    Transition,
    WarningState,
    WarningType,
)
from alerts.notifications import Channel, Language, Notification, NotificationState, Queued, act_id

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Row = Sequence[Any]

TRANSITION_COLUMNS = (
    "id, rule, subject, parameter, change, level, instant, onset, ended, noticed_at, evidence, recorded_at"
)
WARNING_COLUMNS = (
    "id, rule, type, kind, subject, subject_is_area, parameter, level, highest, state, open, onset, raised_at,"
    " changed_at, lifted_at, lift_due, basis_withdrawn, drill, evidence"
)
ACT_COLUMNS = "id, warning, kind, at, level, person, reason, transition_id"
NOTIFICATION_COLUMNS = (
    "key, warning, act, person, channel, language, subject, text, payload, state, attempts, uncertain,"
    " queued_at, due_at, attempted_at, accepted_at, detail"
)


def micros(moment: datetime) -> int:
    """Whole microseconds since 1970 UTC; exact, where a float would not be."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """The aware UTC time `micros` came from."""
    return _EPOCH + timedelta(microseconds=value)


def evidence_json(evidence: Evidence) -> str:
    """Values that are not finite become null: JSON has no word for them."""
    return orjson.dumps(asdict(evidence)).decode()


def evidence(text: str) -> Evidence:
    """The evidence as it was frozen."""
    data = orjson.loads(text)
    return Evidence(
        rule_hash=data["rule_hash"],
        inequality=data["inequality"],
        missing=data["missing"],
        cause=Cause(data["cause"]) if data.get("cause") else None,
        edition=data.get("edition", ""),
        samples=tuple(
            EvidenceSample(
                instant=datetime.fromisoformat(one["instant"]),
                value=one["value"],
                flag=one["flag"],
                received_at=datetime.fromisoformat(one["received_at"]) if one["received_at"] else None,
                station=one["station"],
            )
            for one in data["samples"]
        ),
    )


def transition_row(transition: Transition, recorded_at: datetime) -> Row:
    """In the order of `TRANSITION_COLUMNS`."""
    return (
        transition.id,
        transition.rule,
        transition.subject,
        transition.parameter,
        transition.change,
        transition.level,
        micros(transition.instant),
        micros(transition.onset),
        micros(transition.ended) if transition.ended else None,
        micros(transition.noticed_at),
        evidence_json(transition.evidence),
        micros(recorded_at),
    )


def warning_row(warning: PollutionWarning) -> Row:
    """In the order of `WARNING_COLUMNS`."""
    return (
        warning.id,
        warning.rule,
        warning.type,
        warning.kind,
        warning.subject,
        int(warning.subject_is_area),
        warning.parameter,
        warning.level,
        warning.highest,
        warning.state,
        int(warning.open),
        micros(warning.onset),
        micros(warning.raised_at),
        micros(warning.changed_at),
        micros(warning.lifted_at) if warning.lifted_at else None,
        int(warning.lift_due),
        int(warning.basis_withdrawn),
        int(warning.drill),
        evidence_json(warning.evidence),
    )


def warning(row: Row) -> PollutionWarning:
    """From a row in the order of `WARNING_COLUMNS`."""
    return PollutionWarning(
        id=row[0],
        rule=row[1],
        type=WarningType(row[2]),
        kind=row[3],
        subject=row[4],
        subject_is_area=bool(row[5]),
        parameter=row[6],
        level=Level(row[7]),
        highest=Level(row[8]),
        state=WarningState(row[9]),
        onset=moment(row[11]),
        raised_at=moment(row[12]),
        changed_at=moment(row[13]),
        lifted_at=None if row[14] is None else moment(row[14]),
        lift_due=bool(row[15]),
        basis_withdrawn=bool(row[16]),
        drill=bool(row[17]),
        evidence=evidence(row[18]),
    )


def act_row(act: Act) -> Row:
    """In the order of `ACT_COLUMNS`."""
    return (act_id(act), act.warning, act.kind, micros(act.at), act.level, act.person, act.reason, act.transition)


def act(row: Row) -> Act:
    """From a row in the order of `ACT_COLUMNS`."""
    return Act(
        warning=row[1],
        kind=ActKind(row[2]),
        at=moment(row[3]),
        level=Level(row[4]),
        person=row[5],
        reason=row[6],
        transition=row[7],
    )


def notification_row(notification: Notification, queued_at: datetime) -> Row:
    """A new one, due at once, in the order of `NOTIFICATION_COLUMNS`."""
    return (
        notification.key,
        notification.warning,
        notification.act,
        notification.person,
        notification.channel,
        notification.language,
        notification.subject,
        notification.text,
        orjson.dumps(notification.payload).decode(),
        NotificationState.QUEUED,
        0,
        0,
        micros(queued_at),
        micros(queued_at),
        None,
        None,
        "",
    )


def queued(row: Row) -> Queued:
    """From a row in the order of `NOTIFICATION_COLUMNS`."""
    return Queued(
        notification=Notification(
            key=row[0],
            warning=row[1],
            act=row[2],
            person=row[3],
            channel=Channel(row[4]),
            language=Language(row[5]),
            subject=row[6],
            text=row[7],
            payload=orjson.loads(row[8]),
        ),
        state=NotificationState(row[9]),
        attempts=row[10],
        uncertain=row[11],
        queued_at=moment(row[12]),
        due_at=moment(row[13]),
        attempted_at=None if row[14] is None else moment(row[14]),
        accepted_at=None if row[15] is None else moment(row[15]),
        detail=row[16],
    )
