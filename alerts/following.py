"""Series that others look at: who leans on their rules or hears their scores is told of what may be news. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from alerts.beside import Beside
from alerts.evaluation import Series
from alerts.model import Place, Transition
from alerts.scheme import Scheme


class Follower(Protocol):
    """Who looks at a series."""

    def judge(self, series: Series, first: int, last: int, now: datetime, *, revised: bool) -> Iterable[Transition]:
        """What is to be told because of what came between two instants, or was `revised` from the first on."""
        ...

    def overlook(self) -> None:
        """What is news only because a rule was changed is nobody's news."""
        ...


class LinkedSeries(Series):
    """One that others look at: with its own news it gives theirs."""

    __slots__ = ("_links", "_revised")
    followed = True

    def __init__(self, *, scheme: Scheme, place: Place, beside: Beside, links: Sequence[Follower]) -> None:
        self._links = links
        self._revised: int | None = None  # from when on samples came late or anew, since the last announcement
        super().__init__(scheme=scheme, place=place, beside=beside)

    def announce(self, now: datetime, cause: int) -> list[Transition]:
        revised, self._revised = self._revised, None
        found = super().announce(now, cause)
        first, last = (cause if revised is None else min(cause, revised)), max(cause, self.newest)
        for link in self._links:
            found += link.judge(self, first, last, now, revised=revised is not None)
        return found

    def revise(self, instant: int) -> bool:
        """Its own samples are what they were."""
        revised = self._revised
        found = super().revise(instant)
        self._revised = revised
        return found

    def _refold(self, place: int) -> None:
        if place < self.samples.held:
            instant = self.samples.row(place).instant
            self._revised = instant if self._revised is None else min(instant, self._revised)
        super()._refold(place)

    def adopt(self, state: Mapping[str, Any]) -> None:
        super().adopt(state)
        self._revised = None
        for link in self._links:
            link.overlook()
