"""What is worked out from readings on their way: indices of air and water, figures of outfalls and cases. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from alerts.air.model import IndexValue
from alerts.air.network import AirNetwork
from alerts.model import Bundle, Sample
from alerts.outfall.model import Case
from alerts.outfall.network import OutfallNetwork
from alerts.water.network import WaterNetwork

AIR, OUTFALLS, WATER = "air", "outfalls", "water"  # the windows' places in a snapshot


class Derivation:
    """The windows of all media. Cases stay in `cases` until whoever journals them calls `settled`."""

    def __init__(self, *, air: AirNetwork, outfalls: OutfallNetwork, water: WaterNetwork) -> None:
        self._air = air
        self._outfalls = outfalls
        self._water = water
        self._discharging, self._breathing = outfalls.stations, air.stations  # looked up for each delivery
        self._cases: list[Case] = []

    def feed(self, bundles: Sequence[Bundle], now: datetime) -> list[IndexValue]:
        """The indices that a delivery's readings bring forth or revise: they are of one station."""
        station = bundles[0].station if bundles else ""
        if station in self._discharging:
            found, cases = self._outfalls.feed(bundles, now)
            self._cases += cases
            return found
        return self._air.feed(bundles, now) if station in self._breathing else self._water.feed(bundles, now)

    def recall(self, stations: Iterable[str], past: Sequence[Sample], now: datetime) -> list[IndexValue]:
        """Takes what these stations sent before. Gives all that follows, also what was said in its time."""
        found, cases = self._outfalls.recall(past, now)
        self._cases += cases
        return self._air.recall(stations, past, now) + found + self._water.recall(past, now)

    @property
    def cases(self) -> Sequence[Case]:
        """Found and not yet settled, in order."""
        return tuple(self._cases)

    def settled(self, count: int) -> None:
        """The first so many are journalled."""
        del self._cases[:count]

    def bulletin(self, subject: str) -> Mapping[str, Any] | None:
        """The newest hour and day of an air station or area as one document; None where there is none."""
        return self._air.bulletin(subject)

    def subjects(self) -> Sequence[str]:
        """Stations and areas that may have a bulletin."""
        return self._air.subjects()

    def makes_hours(self, parameter: str, period: str) -> bool:
        """Whether hours are worked out from such readings."""
        return self._air.makes_hours(parameter, period)

    @property
    def depth(self) -> int:
        """How many hours are worth recalling."""
        return self._air.depth

    @property
    def unused(self) -> Mapping[str, int]:
        """Readings that no window was given, by reason."""
        return {**self._air.unused, **self._outfalls.unused, **self._water.unused}

    def snapshot(self) -> dict[str, Any]:
        """As plain data for the checkpoint."""
        return {AIR: self._air.snapshot(), OUTFALLS: self._outfalls.snapshot(), WATER: self._water.snapshot()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes a snapshot; one from before there were such windows has none of them."""
        if AIR in state:
            self._air.restore(state[AIR])
        if OUTFALLS in state:
            self._outfalls.restore(state[OUTFALLS])
        if WATER in state:
            self._water.restore(state[WATER])


class Restorable(Protocol):
    """What takes a snapshot."""

    def restore(self, state: Mapping[str, Any]) -> None: ...


def restored(engine: Restorable, derivation: Derivation, state: Mapping[str, Any]) -> None:
    """Both take what `Alerting.snapshot` gave."""
    engine.restore(state)
    derivation.restore(state)
