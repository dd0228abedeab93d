"""What else bears on a place than its own samples: forecasts for an area, velocities measured on the way to an intake.

Both are taken as samples come and judged once all of a delivery are in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from alerts.beside import NOTHING, Beside
from alerts.current import Current
from alerts.evaluation import Series
from alerts.forecasts import SERIES, Forecasts
from alerts.gauges import Gauge, measures
from alerts.joint import JointSeries
from alerts.model import Place
from alerts.outlook import Outlook, meant
from alerts.rules.arrival import ArrivalRule
from alerts.rules.rule import JudgedRule

Key = tuple[str, str]  # parameter and period


class Own(Protocol):
    """Gives a place's own series of these keys; with `begun` nothing is built for the sake of asking."""

    def __call__(self, place: Place, keys: Iterable[Key], *, begun: bool) -> list[Series]: ...


class Surroundings:
    """`watching` are the rules by series."""

    def __init__(self, *, places: Iterable[Place], watching: Mapping[Key, Sequence[JudgedRule]], own: Own) -> None:
        self._watching = watching
        self._own = own
        self._unsettled: list[Forecasts | Gauge | JointSeries] = []
        places = [*places]
        foreseen = any(rule.foresees for rules in watching.values() for rule in rules)
        self._outlooks = {place.id: self._outlook(place) for place in places if foreseen and place.is_area}
        upstream: dict[str, list[Place]] = {}
        for place in places:
            if place.reach is not None and place.reach.gauge:
                upstream.setdefault(place.reach.gauge, []).append(place)
        self._gauges = {id_: self._gauge(above) for id_, above in upstream.items()}

    def _outlook(self, place: Place) -> Forecasts:
        others = [
            key for key, rules in self._watching.items() if key != SERIES and any(rule.foresees for rule in rules)
        ]
        return Forecasts(
            outlook=Outlook(reach=round(place.lateness_seconds * 1e6)),
            issues=lambda: self._own(place, [SERIES], begun=False),
            others=lambda: self._own(place, others, begun=False),
            changed=self._unsettled.append,
        )

    def _gauge(self, upstream: Sequence[Place]) -> Gauge:
        ways = [(place.reach, place.lateness_seconds) for place in upstream if place.reach is not None]
        keep = max(way.latest + way.stale + round(late * 1e6) for way, late in ways)
        arrivals = [key for key, rules in self._watching.items() if any(isinstance(one, ArrivalRule) for one in rules)]
        return Gauge(
            current=Current(keep=keep),
            others=lambda: [series for place in upstream for series in self._own(place, arrivals, begun=True)],
            changed=self._unsettled.append,
        )

    def of(self, place: Place) -> Beside:
        """What rules at that place may look at."""
        if (forecasts := self._outlooks.get(place.id)) is not None:
            return Beside(outlook=forecasts.outlook)
        gauge = self._gauges.get(place.reach.gauge) if place.reach is not None else None
        return NOTHING if gauge is None else Beside(current=gauge.current)

    def taking(self, place: Place, key: Key) -> Forecasts | Gauge | None:
        """Who takes the samples of that series of the place; None where they bear on nothing else."""
        if meant(*key):
            return self._outlooks.get(place.id)
        return self._gauges.get(place.id) if measures(*key) else None

    @property
    def unsettled(self) -> bool:
        """Whether something has come that is not judged yet."""
        return bool(self._unsettled)

    def wait(self, joint: JointSeries) -> None:
        """It has heard something, to be judged once all of a delivery are in."""
        self._unsettled.append(joint)

    def waiting(self) -> list[JointSeries]:
        """Those that have heard something, given to whoever judges them; they wait no longer."""
        joints = [one for one in self._unsettled if isinstance(one, JointSeries)]
        self._unsettled[:] = [one for one in self._unsettled if not isinstance(one, JointSeries)]
        return joints

    def due(self) -> Sequence[Forecasts | Gauge | JointSeries]:
        """Those of which something has come, given to whoever settles them; they wait no longer."""
        unsettled, self._unsettled[:] = [*self._unsettled], []
        return unsettled

    def dump(self) -> dict[str, Any]:
        """What `load` takes, as plain data."""
        return {
            "outlooks": {area: forecasts.outlook.dump() for area, forecasts in self._outlooks.items()},
            "currents": {station: gauge.current.dump() for station, gauge in self._gauges.items()},
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Takes what `dump` gave, before any sample; what is of places that are no more is dropped."""
        for area, issues in state.get("outlooks", {}).items():
            if area in self._outlooks:
                self._outlooks[area].outlook.load(issues)
        for station, measured in state.get("currents", {}).items():
            if station in self._gauges:
                self._gauges[station].current.load(measured)
