"""A desk, a network of stations and a clock that need nothing: for the console's tests and for looking at its pages.

`python -m tests.support.console [port]` serves them on loopback.
"""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI

from alerts.console.app import build_console
from alerts.errors import NotAllowedError, UnknownWarningError
from alerts.model import (
    Act,
    ActKind,
    Evidence,
    EvidenceSample,
    Level,
    Place,
    PollutionWarning,
    WarningState,
    WarningType,
)
from alerts.outfall.model import Case, CaseEvent
from alerts.ports import Point, StationState
from alerts.views import CaseView, NotificationView, WarningView

NOW = datetime(2026, 11, 23, 19, 12, tzinfo=UTC)  # 03:12 at the desk
PEOPLE = (
    ("chen", "陈望舒", "Chen Wangshu"),
    ("lin", "林知夏", "Lin Zhixia"),
    ("wu", "吴<b>“海”</b>", 'Wu <b>"Hai"</b>'),
)

PLACES = (
    Place(id="air-01", zh="管委会站", en="Committee Hall", kind="air", area="xilan"),
    Place(id="air-02", zh="汐澜港站", en="Xilan Port", kind="air", area="xilan"),
    Place(id="air-03", zh="石化园站", en="Petrochemical Park", kind="air", area="xilan"),
    Place(id="src-01", zh="上游三公里断面", en="Upper Weir", kind="source", role="upstream", interval_seconds=300),
    Place(id="src-02", zh="青螺溪取水口", en="Qingluo Intake", kind="source", role="intake", interval_seconds=300),
    Place(
        id="out-02",
        zh="石化园污水处理厂排口",
        en="Petrochemical Park Works",
        kind="outfall",
        interval_seconds=600,
        limits=(("cod", 50.0), ("nh3_n", 5.0)),
    ),
    Place(id="out-03", zh="港区<i>“1号”</i>排口 🚱", en='Port <i>"No. 1"</i> Outfall 🚱', kind="outfall"),
)
AREA = Place(id="xilan", zh="汐澜投资区", en="Xilan Investment Zone", kind="air", is_area=True)

PARAMETERS = {
    "pm2_5": ("细颗粒物 PM2.5", "PM2.5", "ug/m3", 0),
    "o3": ("臭氧", "Ozone", "ug/m3", 0),
    "no2": ("二氧化氮", "Nitrogen dioxide", "ug/m3", 0),
    "nh3_n": ("氨氮", "Ammonia nitrogen", "mg/L", 3),
    "cod": ("化学需氧量", "COD", "mg/L", 1),
    "do": ("溶解氧", "Dissolved oxygen", "mg/L", 2),
    "ph": ("pH 值", "pH", "", 2),
}
_MEASURED = {"air": ("pm2_5", "o3", "no2"), "source": ("nh3_n", "do", "ph"), "outfall": ("cod", "nh3_n", "ph")}
_USUAL = {"pm2_5": 96.0, "o3": 61.0, "no2": 38.0, "nh3_n": 0.31, "cod": 38.0, "do": 7.9, "ph": 7.4}


class FakeClock:
    """Stands still until it is told otherwise."""

    def __init__(self, now: datetime = NOW) -> None:
        self.moment = now

    def now(self) -> datetime:
        return self.moment

    async def sleep_until(self, moment: datetime) -> None:
        self.moment = max(self.moment, moment)


class FakeObservations:
    """Seven stations, one of them silent; a curve with a gap, doubtful and failed values for whoever asks."""

    def __init__(self, states: Sequence[StationState] | None = None) -> None:
        self.states = list(states) if states is not None else [_state(place) for place in PLACES]
        self.broken = False

    async def history(self, station: str, parameter: str, start: datetime, end: datetime) -> Sequence[Point]:
        if self.broken:
            raise ConnectionError(station)
        return a_history(parameter, start, end)

    def stations(self) -> Sequence[StationState]:
        return self.states

    def intake(self) -> Mapping[str, int | float | str]:
        return {
            "received": 128_406,
            "stored": 128_311,
            "duplicate": 61,
            "quarantined": 30,
            "waiting": 4,
            "broker": "connected",
            "store": "ok",
        }

    def parameter(self, name: str) -> tuple[str, str, str, int]:
        return PARAMETERS.get(name, (name, name, "", 2))


def _state(place: Place) -> StationState:
    silent = place.id == "air-03"
    last = NOW - (timedelta(hours=5, minutes=12) if silent else timedelta(minutes=12))
    values: dict[str, tuple[float | None, int]] = {name: (_USUAL[name], 1) for name in _MEASURED[place.kind]}
    if place.id == "src-01":
        values["nh3_n"] = (1.873, 3)
    if place.id == "out-03":
        values["ph"] = (None, 9)
        values["cod"] = (4000.0, 4)
    return StationState(
        place=place, last_instant=last, last_received=last + timedelta(seconds=4), values=values, silent=silent
    )


def a_history(parameter: str, start: datetime, end: datetime) -> list[Point]:
    """Hourly, a daily wave; six hours missing, one suspect, one failed far out."""
    usual = _USUAL.get(parameter, 1.0)
    points = []
    for n in range(int((end - start) / timedelta(hours=1)) + 1):
        value: float | None = usual * (1 + 0.3 * math.sin(n / 24 * math.tau) + 0.05 * math.sin(n * 1.7))
        flag = 1
        if 12 <= n < 18:
            continue
        if n == 30:
            flag, value = 3, usual * 2.2
        if n == 38:
            flag, value = 4, usual * 40
        points.append(Point(instant=start + timedelta(hours=n), value=value, flag=flag))
    return points


def a_warning(**changes: Any) -> PollutionWarning:
    """An issued red water-source warning at the intake, forty minutes old."""
    raised = changes.get("raised_at", NOW - timedelta(minutes=41))
    level = changes.get("level", Level.RED)
    defaults: dict[str, Any] = {
        "id": "w-3f9a51c07b2e",
        "rule": "source-nh3_n",
        "type": WarningType.WATER_SOURCE,
        "kind": "source",
        "subject": "src-02",
        "subject_is_area": False,
        "parameter": "nh3_n",
        "level": level,
        "state": WarningState.ISSUED,
        "onset": raised - timedelta(minutes=5),
        "raised_at": raised,
        "changed_at": raised,
        "evidence": Evidence(
            rule_hash="9b1d0c77aa31",
            inequality="nh3_n 1.873 > 1 mg/L, 2 samples",
            samples=_samples("src-02", raised, timedelta(minutes=5), 12, 0.31, 1.873),
            missing=1,
        ),
        "highest": level,
    }
    return PollutionWarning(**{**defaults, **changes})


def _samples(  # noqa: PLR0917 - where, when, how many, from what to what
    station: str, end: datetime, step: timedelta, count: int, low: float, high: float
) -> tuple[EvidenceSample, ...]:
    found = []
    for n in range(count):
        instant = end - step * (count - 1 - n)
        rise = max(0.0, n - count * 0.6) / (count * 0.4)
        value = low + (high - low) * min(1.0, rise * 1.15) + low * 0.04 * math.sin(n * 2.1)
        flag = 3 if n >= count - 2 else 1
        received = instant + timedelta(seconds=7)
        found.append(
            EvidenceSample(instant=instant, value=round(value, 3), flag=flag, received_at=received, station=station)
        )
    return tuple(found)


def a_view(warning: PollutionWarning | None = None, **changes: Any) -> WarningView:
    """The warning with its place and the act that made it."""
    warning = warning or a_warning()
    places = {place.id: place for place in (*PLACES, AREA)}
    kind = ActKind.PROPOSED if warning.state is WarningState.PROPOSED else ActKind.ISSUED
    defaults: dict[str, Any] = {
        "warning": warning,
        "place": places.get(warning.subject),
        "rule_name": ("氨氮超 III 类", "Ammonia nitrogen above class III"),
        "acts": (Act(warning=warning.id, kind=kind, at=warning.raised_at, level=warning.level),),
        "acknowledged": None,
        "notifications": (),
    }
    return WarningView(**{**defaults, **changes})


def six_views() -> list[WarningView]:
    """Six warnings of different types, levels and states, as a busy night has them; and two that have ended."""
    return [_spill(), _haze(), _outfall(), _silent(), _stuck(), _drill(), *_ended()]


def _told(person: str, channel: str, state: str, attempts: int, detail: str = "") -> NotificationView:
    queued = NOW - timedelta(minutes=41)
    return NotificationView(
        person=person,
        channel=channel,
        state=state,
        attempts=attempts,
        uncertain=attempts == 2,
        queued_at=queued,
        accepted_at=queued + timedelta(seconds=2) if state == "accepted" else None,
        detail=detail,
    )


def _spill() -> WarningView:
    told = (
        _told("chen", "wecom", "accepted", 1, "errcode 0"),
        _told("lin", "sms", "accepted", 2),
        _told("wu", "email", "failed", 5, "451 4.7.1 <script>alert('greylisted')</script>"),
    )
    return a_view(a_warning(), notifications=told)


def _haze() -> WarningView:
    raised = NOW - timedelta(hours=2, minutes=12)
    samples = tuple(
        sample
        for station in ("air-01", "air-02", "air-03")
        for sample in _samples(station, raised, timedelta(hours=1), 24, 92.0, 236.0 if station == "air-02" else 188.0)
    )
    warning = a_warning(
        id="w-77b1e0a94c15",
        rule="air-heavy",
        type=WarningType.POLLUTION_WEATHER,
        kind="air",
        subject="xilan",
        subject_is_area=True,
        parameter="pm2_5",
        level=Level.ORANGE,
        highest=Level.ORANGE,
        state=WarningState.PROPOSED,
        raised_at=raised,
        evidence=Evidence(
            rule_hash="41c8e90d2f6b",
            inequality="24h mean of pm2_5 163.2 > 150 ug/m3 for 24h",
            samples=samples,
            missing=3,
        ),
    )
    return a_view(warning, rule_name=("PM2.5 重污染", "Heavy PM2.5 pollution"))


def _outfall() -> WarningView:
    raised = NOW - timedelta(hours=1, minutes=2)
    warning = a_warning(
        id="w-0c6d2f81e3aa",
        rule="outfall-cod",
        type=WarningType.OUTFALL,
        kind="outfall",
        subject="out-02",
        parameter="cod",
        level=Level.YELLOW,
        highest=Level.ORANGE,
        raised_at=raised,
        lift_due=True,
        evidence=Evidence(
            rule_hash="d2a41f6e0b93",
            inequality="1h cod as a share of the limit 50 mg/L: 1.228 > 1",
            samples=_samples("out-02", raised, timedelta(hours=1), 8, 41.0, 61.4),
        ),
    )
    return a_view(warning, rule_name=("COD 超许可限值", "COD above the permit"))


def _silent() -> WarningView:
    warning = a_warning(
        id="w-5e2290cd71f4",
        rule="device-silent",
        type=WarningType.DEVICE,
        kind="air",
        subject="air-03",
        parameter=None,
        level=Level.YELLOW,
        raised_at=NOW - timedelta(hours=2, minutes=2),
        evidence=Evidence(rule_hash="77c0a1b2d3e4", inequality="nothing accepted for 3h"),
    )
    view = a_view(warning, rule_name=("站点无数据", "Station silent"))
    return acknowledged(view, "lin", NOW - timedelta(hours=1, minutes=50), '已派人前往 <现场> "03" 🛠')


def _stuck() -> WarningView:
    raised = NOW - timedelta(hours=6)
    warning = a_warning(
        id="w-e81b44f00d29",
        rule="device-flat",
        type=WarningType.DEVICE,
        kind="outfall",
        subject="out-03",
        parameter="ph",
        level=Level.BLUE,
        highest=Level.BLUE,
        raised_at=raised,
        basis_withdrawn=True,
        evidence=Evidence(
            rule_hash="0af31c5577d8",
            inequality="24 samples of ph in a row flagged flat_line",
            samples=tuple(
                replace(sample, value=7.31, flag=3)
                for sample in _samples("out-03", raised, timedelta(minutes=10), 24, 7, 7)
            ),
        ),
    )
    return a_view(warning, rule_name=("数据不变", "Value stuck"))


def _drill() -> WarningView:
    warning = a_warning(
        id="w-d411d411d411", subject="src-01", level=Level.ORANGE, drill=True, raised_at=NOW - timedelta(minutes=20)
    )
    return a_view(warning)


def _ended() -> list[WarningView]:
    lifted = a_warning(
        id="w-aa00bb11cc22",
        state=WarningState.LIFTED,
        level=Level.ORANGE,
        raised_at=NOW - timedelta(days=1, hours=3),
        lifted_at=NOW - timedelta(hours=20),
        changed_at=NOW - timedelta(hours=20),
    )
    dismissed = a_warning(
        id="w-dd33ee44ff55",
        state=WarningState.DISMISSED,
        level=Level.YELLOW,
        subject="out-02",
        parameter="cod",
        type=WarningType.OUTFALL,
        raised_at=NOW - timedelta(days=2),
        changed_at=NOW - timedelta(days=1, hours=23),
    )
    return [a_view(lifted), a_view(dismissed)]


def a_case(**changes: Any) -> CaseView:
    """COD of yesterday at the works, opened at midnight."""
    case = Case(
        outfall="XL-0002",
        station="out-02",
        parameter="cod",
        day=date(2026, 11, 22),
        event=CaseEvent.OPENED,
        value=61_240_000,
        limit=50_000_000,
        basis="permit 0000000000XILAN002001",
        load=931_200_000,
        hours=23,
        revision=1,
    )
    opened = datetime(2026, 11, 22, 16, 10, tzinfo=UTC)
    return CaseView(case=case._replace(**changes), opened_at=opened, changed_at=opened)


def some_cases() -> list[CaseView]:
    """Open, revised, and withdrawn; of an outfall with a hostile name too, where no flow is measured."""
    revised = a_case(day=date(2026, 11, 20), parameter="nh3_n", value=5_512_000, limit=5_000_000)
    withdrawn = a_case(day=date(2026, 11, 19), event=CaseEvent.WITHDRAWN, value=None, load=None, hours=18, revision=3)
    hostile = a_case(station="out-03", outfall="XL<i>", basis="GB18918-2002 1A", load=None)
    changed = replace(revised, case=revised.case._replace(event=CaseEvent.REVISED), changed_at=NOW - timedelta(hours=3))
    return [a_case(), hostile, changed, withdrawn]


def acknowledged(view: WarningView, person: str, at: datetime, reason: str = "") -> WarningView:
    """The same, with that acknowledgement on record."""
    warning = view.warning
    act = Act(warning=warning.id, kind=ActKind.ACKNOWLEDGED, at=at, level=warning.level, person=person, reason=reason)
    return replace(view, acts=(*view.acts, act), acknowledged=act)


_LEADS_TO = {
    (WarningState.PROPOSED, ActKind.ISSUED): WarningState.ISSUED,
    (WarningState.PROPOSED, ActKind.DISMISSED): WarningState.DISMISSED,
    (WarningState.ISSUED, ActKind.LIFTED): WarningState.LIFTED,
}


class FakeDesk:
    """Warnings in memory that allow the steps the life of a warning has, and tell whoever subscribed."""

    def __init__(
        self,
        views: Sequence[WarningView] | None = None,
        *,
        clock: FakeClock | None = None,
        cases: Sequence[CaseView] | None = None,
    ) -> None:
        self.present_cases = list(some_cases() if cases is None else cases)
        self.views = {view.warning.id: view for view in (six_views() if views is None else views)}
        self.revision = 0
        self._clock = clock or FakeClock()
        self._changed = asyncio.Condition()

    async def warnings(self, *, open_only: bool = False, limit: int = 200) -> list[WarningView]:
        newest = sorted(self.views.values(), key=lambda view: view.warning.raised_at, reverse=True)
        return [view for view in newest if view.warning.open or not open_only][:limit]

    async def warning(self, warning_id: str) -> WarningView:
        if warning_id not in self.views:
            raise UnknownWarningError(warning_id)
        return self.views[warning_id]

    async def cases(self, *, station: str | None = None, limit: int = 200) -> list[CaseView]:
        return [view for view in self.present_cases if station in {None, view.case.station}][:limit]

    async def acknowledge(self, warning_id: str, *, person: str, reason: str = "") -> PollutionWarning:
        view = await self.warning(warning_id)
        if not view.warning.open:
            raise NotAllowedError(f"{warning_id} is {view.warning.state}: nothing to acknowledge")
        self.views[warning_id] = acknowledged(view, person, self._clock.now(), reason)
        await self._tell()
        return view.warning

    async def issue(self, warning_id: str, *, person: str, reason: str = "") -> PollutionWarning:
        return await self._step(warning_id, ActKind.ISSUED, person, reason)

    async def dismiss(self, warning_id: str, *, person: str, reason: str = "") -> PollutionWarning:
        return await self._step(warning_id, ActKind.DISMISSED, person, reason)

    async def lift(self, warning_id: str, *, person: str, reason: str = "") -> PollutionWarning:
        return await self._step(warning_id, ActKind.LIFTED, person, reason)

    async def subscribe(self) -> AsyncIterator[int]:
        seen = self.revision
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self.revision > seen)  # noqa: B023 - waited for here and now
                seen = self.revision
            yield seen

    async def _step(self, warning_id: str, kind: ActKind, person: str, reason: str) -> PollutionWarning:
        view = await self.warning(warning_id)
        state = _LEADS_TO.get((view.warning.state, kind))
        if state is None:
            raise NotAllowedError(f"{warning_id} is {view.warning.state}: it cannot be {kind}")
        at = self._clock.now()
        lifted_at = at if state is WarningState.LIFTED else None
        warning = replace(view.warning, state=state, changed_at=at, lifted_at=lifted_at)
        act = Act(warning=warning_id, kind=kind, at=at, level=warning.level, person=person, reason=reason)
        self.views[warning_id] = replace(view, warning=warning, acts=(*view.acts, act))
        await self._tell()
        return warning

    async def _tell(self) -> None:
        async with self._changed:
            self.revision += 1
            self._changed.notify_all()


def all_ready() -> tuple[bool, Mapping[str, str]]:
    return True, {}


async def no_metrics() -> str:
    """As `/metrics` passes it on."""
    return "clearwarn_readings_total 0\n"


def a_console(
    *,
    desk: FakeDesk | None = None,
    observations: FakeObservations | None = None,
    ready: Callable[[], tuple[bool, Mapping[str, str]]] = all_ready,
    **more: Any,
) -> FastAPI:
    """The console over the fakes."""
    return build_console(
        desk=desk or FakeDesk(),
        observations=observations or FakeObservations(),
        clock=FakeClock(),
        people=PEOPLE,
        ready=ready,
        metrics=no_metrics,
        **more,
    )


def a_client(desk: FakeDesk, observations: FakeObservations | None = None) -> httpx.AsyncClient:
    """A browser that speaks Chinese, without a network."""
    transport = httpx.ASGITransport(app=a_console(desk=desk, observations=observations))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers={"accept-language": "zh-CN"})


if __name__ == "__main__":
    import uvicorn

    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8090
    uvicorn.run(a_console(), host="127.0.0.1", port=port, timeout_graceful_shutdown=2)
