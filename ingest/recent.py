"""The newest outcomes of the intake log, for who follows it closely: written a moment ago, they are at hand. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter

from ingest.flagged import Flagged

RECENT = 6000  # outcomes, some 4 MB: those that are kept while a store is away are kept for nothing
_position = attrgetter("position")


class Recent:
    """All outcomes after one position, in order. Whoever is further behind is told so, and reads the log."""

    def __init__(self, most: int = RECENT) -> None:
        self._most = most
        self._held: list[Flagged] = []
        self._before: int | None = None  # position of the newest that is not held; None: nothing was written yet

    def put(self, written: Sequence[Flagged]) -> None:
        """The next ones. Where they do not follow the last at once, nobody here can say what is between: an append that
        was given up may have been written all the same. Then who wants those reads the log.
        """
        last = self._held[-1].position if self._held else self._before
        if last is None or written[0].position != last + 1:
            self._held, self._before = [], written[-1].position
            return
        self._held += written
        gone = len(self._held) - self._most
        if gone > 0:
            self._before = self._held[gone - 1].position
            del self._held[:gone]

    def after(self, position: int, limit: int) -> Sequence[Flagged] | None:
        """At most so many of those after that position; None where not all of them are here. The others are let go."""
        if self._before is None or position < self._before:
            return None
        gone = bisect_right(self._held, position, key=_position)
        del self._held[:gone]
        self._before = position
        return self._held[:limit]
