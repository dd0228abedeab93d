"""Builders and fakes for whatever journals, routes and tells."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.entries import Entry
from alerts.errors import NotAllowedError
from alerts.journal import MIGRATIONS
from alerts.model import (
    Act,
    ActKind,
    Change,
    Evidence,
    EvidenceSample,
    Heard,
    Level,
    Place,
    PollutionWarning,
    Sample,
    Transition,
    WarningState,
    WarningType,
)
from alerts.notifications import Channel, Language, Notification, act_id, notification_key
from alerts.notify.channel import Message
from alerts.people import People

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # in Shanghai


def open_state(file: Path) -> sqlite3.Connection:
    """`state.db` as the composition root opens it."""
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")
    return connection


def a_transition(
    *,
    rule: str = "water-nh3_n",
    subject: str = "su-01",
    change: Change = Change.RAISED,
    level: Level | None = Level.ORANGE,
    at: datetime = NOON,
    inequality: str = "nh3_n 1.62 > 1.0 mg/L",
) -> Transition:
    return Transition(
        rule=rule,
        subject=subject,
        parameter="nh3_n",
        change=change,
        level=level,
        instant=at,
        onset=min(at, NOON),
        noticed_at=at + timedelta(seconds=3),
        evidence=Evidence(
            rule_hash="0123456789ab",
            inequality=inequality,
            samples=(EvidenceSample(instant=at, value=1.62, flag=1, received_at=at, station=subject),),
        ),
    )


def a_warning(**changes: Any) -> PollutionWarning:
    given: dict[str, Any] = {
        "id": "w-0123456789ab",
        "rule": "water-nh3_n",
        "type": WarningType.WATER_SOURCE,
        "kind": "source",
        "subject": "su-01",
        "subject_is_area": False,
        "parameter": "nh3_n",
        "level": Level.ORANGE,
        "state": WarningState.ISSUED,
        "onset": NOON,
        "raised_at": NOON,
        "changed_at": NOON,
        "evidence": a_transition().evidence,
        "highest": Level.ORANGE,
    }
    return PollutionWarning(**(given | changes))


def an_act(kind: ActKind = ActKind.ISSUED, **changes: Any) -> Act:
    given: dict[str, Any] = {"warning": "w-0123456789ab", "kind": kind, "at": NOON, "level": Level.ORANGE}
    return Act(**(given | changes))


def an_entry(kind: ActKind = ActKind.ISSUED, *, warning: PollutionWarning | None = None, **act: Any) -> Entry:
    of = warning or a_warning()
    return Entry(warning=of, acts=(an_act(kind, **({"warning": of.id, "level": of.level} | act)),), transition=None)


def a_notification(
    entry: Entry, *, person: str = "chen", channel: Channel = Channel.LOG, language: Language = Language.EN
) -> Notification:
    act = act_id(entry.acts[-1])
    return Notification(
        key=notification_key(warning=entry.warning.id, act=act, person=person, channel=channel),
        warning=entry.warning.id,
        act=act,
        person=person,
        channel=channel,
        language=language,
        subject="Orange warning",
        text="Ammonia\n",
        payload={"version": 1},
    )


def a_place(**changes: Any) -> Place:
    given: dict[str, Any] = {
        "id": "su-01",
        "zh": "上游一号",
        "en": "Upstream 1",
        "kind": "source",
        "area": "river",
    }
    return Place(**(given | changes))


def a_receiver(person: str = "chen", **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "id": person,
        "name": {"zh": f"{person}甲", "en": person.title()},
        "role": "duty_officer",
        "language": "en",
        "channels": {"log": {}},
    }
    return given | changes


def some_people(*receivers: Mapping[str, Any]) -> People:
    return People.model_validate({"receivers": [dict(one) for one in receivers or (a_receiver(),)]})


class ManualClock:
    """Stands still until it is set. `sleeping` tells when somebody sleeps on it."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._moved = asyncio.Event()
        self.sleeping: asyncio.Queue[datetime] = asyncio.Queue()

    def now(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        self._now = now
        self._moved.set()
        self._moved = asyncio.Event()

    def pass_(self, **length: float) -> None:
        self.set(self._now + timedelta(**length))

    async def sleep_until(self, moment: datetime) -> None:
        self.sleeping.put_nowait(moment)
        while self._now < moment:
            await self._moved.wait()


class FakeNotifier:
    """Keeps what it was given; answers with what it was told to: a text, an error, or waiting for ever (None)."""

    def __init__(self, *answers: str | Exception | None) -> None:
        self._answers = list(answers)
        self.messages: list[Message] = []
        self.arrived: asyncio.Queue[Message] = asyncio.Queue()
        self.at_once = 0
        self.most_at_once = 0

    async def send(self, message: Message) -> str:
        self.messages.append(message)
        self.arrived.put_nowait(message)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            answer = self._answers.pop(0) if self._answers else "taken"
            if answer is None:
                await asyncio.Event().wait()
            if isinstance(answer, Exception):
                raise answer
            await asyncio.sleep(0)  # lets the others in, as a network would
            return str(answer)
        finally:
            self.at_once -= 1


class FakeEngine:
    """Gives out the transitions it was handed, once: those of `feed` at the next feed, deadlines when they pass."""

    depth = 3
    reach = timedelta(hours=3)

    def __init__(self) -> None:
        self.unjudged: dict[str, int] = {}
        self.failing: list[tuple[str, str, Exception]] = []
        self.found: list[Transition] = []
        self.deadlines: dict[datetime, Transition] = {}
        self.restored: dict[str, Any] = {}
        self.listening: datetime | None = None

    def feed(self, samples: Iterable[Sample], now: datetime) -> list[Transition]:  # noqa: ARG002 - the port's words
        found, self.found = self.found, []
        return found

    def hear(self, heard: Iterable[Heard], now: datetime) -> list[Transition]:  # noqa: ARG002 - the port's words
        return self.feed((), now)

    def faults(self) -> list[tuple[str, str, Exception]]:
        failing, self.failing = self.failing, []
        return failing

    def advance(self, now: datetime) -> list[Transition]:
        passed = sorted(moment for moment in self.deadlines if moment <= now)
        return [self.deadlines.pop(moment) for moment in passed]

    def wake_at(self) -> datetime | None:
        return min(self.deadlines, default=None)

    def snapshot(self) -> dict[str, Any]:
        return {"deadlines": len(self.deadlines)}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.restored = dict(state)

    def listen_from(self, now: datetime) -> None:
        self.listening = now

    def lack_past(self) -> None:
        self.recalled: list[str] = []

    def recall(  # the port's words
        self, stations: Iterable[str], *_past: object, until: datetime, judged: bool
    ) -> list[Transition]:
        self.recalled += [*stations, f"{until} {judged}"]
        found, self.found = self.found, []
        return found


class FakeBook:
    """The automatic procedure in little: raised is issued, cleared is lifted, people acknowledge and lift."""

    def __init__(self) -> None:
        self.open_warnings: dict[tuple[str, str], PollutionWarning] = {}
        self.applied: list[str] = []

    def load(self, open_warnings: Sequence[PollutionWarning], /) -> None:
        self.open_warnings = {(one.rule, one.subject): one for one in open_warnings}

    def apply(self, transition: Transition, /) -> Entry | None:
        self.applied.append(transition.id)
        standing = self.open_warnings.get((transition.rule, transition.subject))
        match transition.change:
            case Change.RAISED:
                warning = a_warning(
                    id=f"w-{transition.id[:12]}",
                    rule=transition.rule,
                    subject=transition.subject,
                    level=transition.level,
                    highest=transition.level,
                    evidence=transition.evidence,
                    raised_at=transition.instant,
                )
                return self._entry(warning, ActKind.ISSUED, transition)
            case Change.UPGRADED:
                if standing is None:
                    raise NotAllowedError("nothing to upgrade")
                assert transition.level is not None
                return self._entry(replace(standing, level=transition.level), ActKind.UPGRADED, transition)
            case Change.CLEARED if standing is not None:
                lifted = replace(standing, state=WarningState.LIFTED, lifted_at=transition.instant)
                return self._entry(lifted, ActKind.LIFTED, transition)
            case _:
                return None

    def act(self, warning: PollutionWarning, kind: ActKind, /, *, person: str, at: datetime, reason: str = "") -> Entry:
        if not warning.open:
            raise NotAllowedError(f"{kind} from {warning.state}")
        if kind is ActKind.LIFTED:
            warning = replace(warning, state=WarningState.LIFTED, lifted_at=at)
        self._keep(warning)
        act = Act(warning=warning.id, kind=kind, at=at, level=warning.level, person=person, reason=reason)
        return Entry(warning=warning, acts=(act,))

    def _entry(self, warning: PollutionWarning, kind: ActKind, transition: Transition) -> Entry:
        self._keep(warning)
        act = Act(
            warning=warning.id,
            kind=kind,
            at=transition.noticed_at,
            level=warning.level,
            transition=transition.id,
        )
        return Entry(warning=warning, acts=(act,), transition=transition)

    def _keep(self, warning: PollutionWarning) -> None:
        key = (warning.rule, warning.subject)
        if warning.open:
            self.open_warnings[key] = warning
        else:
            self.open_warnings.pop(key, None)
