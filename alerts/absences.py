"""Stations from which nothing current comes: deadlines in a heap, so that no message and no minute scans all stations.

A deadline is the newest accepted instant (or when listening began, if that is later) plus the rule's patience. The heap
holds one entry a standing watch, never later than its true deadline; an entry that has come too early is put back.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from alerts.model import Change, Evidence, Level, Place, Transition
from alerts.moments import from_micros, to_micros
from alerts.rules import AbsenceRule

NEVER = -(2**63)  # before every instant


class AbsenceWatch:
    """One absence rule at one station."""

    __slots__ = ("accepted", "newest", "number", "patience", "place", "raised", "rule", "since")

    def __init__(self, *, rule: AbsenceRule, place: Place, number: int) -> None:
        self.number = number  # its place among all
        self.rule = rule
        self.place = place
        self.accepted = rule.accepted
        self.patience = rule.patience(place)
        self.newest = NEVER  # the newest accepted instant
        self.raised: int | None = None  # the deadline that passed
        self.since = NEVER  # when it was added to rules that were listening already

    def transition(self, change: Change, instant: int, onset: int, now: datetime) -> Transition:
        cleared = change is Change.CLEARED
        level: Level | None = None if cleared else self.rule.level
        return Transition(
            rule=self.rule.id,
            subject=self.place.id,
            parameter=None,
            change=change,
            level=level,
            instant=from_micros(instant),
            onset=from_micros(onset),
            noticed_at=now,
            evidence=Evidence(rule_hash=self.rule.hash, inequality=self.rule.inequality(self.place, lifting=cleared)),
            ended=from_micros(instant) if cleared else None,
        )


class Absences:
    """All absence watches. Times in microseconds; `now` as a datetime only to be noted in transitions."""

    def __init__(self, *, watches: Sequence[AbsenceWatch]) -> None:
        self._watches = tuple(watches)
        self._heap: list[tuple[int, int]] = []
        self.listening: int | None = None  # since when a silence means something
        self._until = NEVER  # how late it was last

    def subjects(self) -> Iterator[tuple[str, str]]:
        """(rule, station) of every watch."""
        return ((watch.rule.id, watch.place.id) for watch in self._watches)

    def begin(self, moment: int) -> None:
        """Listening starts, or starts again after a time in which nobody listened: earlier silence means nothing."""
        self.listening = moment
        self._heap = [(self._deadline(watch), watch.number) for watch in self._watches if watch.raised is None]
        heapq.heapify(self._heap)

    def _deadline(self, watch: AbsenceWatch) -> int:
        assert self.listening is not None, "begin() comes first"
        return max(self.listening, watch.newest, watch.since) + watch.patience

    def next_deadline(self) -> int | None:
        """The earliest true deadline; None where nothing waits."""
        while self._heap:
            at, number = self._heap[0]
            deadline = self._deadline(self._watches[number])
            if deadline <= at:
                return at
            heapq.heapreplace(self._heap, (deadline, number))
        return None

    def due(self, until: int, now: datetime) -> Iterator[Transition]:
        """Raises what has fallen silent, in order of deadline, up to and at `until`."""
        self._until = until
        if not self._heap or self._heap[0][0] > until:
            return  # the usual answer: no deadline lies before its entry
        while (deadline := self.next_deadline()) is not None and deadline <= until:
            _, number = heapq.heappop(self._heap)
            watch = self._watches[number]
            watch.raised = deadline
            yield watch.transition(Change.RAISED, deadline, deadline - watch.patience, now)

    def heard(self, watch: AbsenceWatch, instant: int, now: datetime) -> Iterator[Transition]:
        """Takes a sign of life newer than any before. A silence ends only with a reading that is current."""
        before, watch.newest = watch.newest, instant
        if watch.raised is None or instant + watch.patience <= to_micros(now):
            return
        onset = watch.raised - watch.patience
        if before != NEVER:
            onset = min(before, onset)
        watch.raised = None
        heapq.heappush(self._heap, (self._deadline(watch), watch.number))
        yield watch.transition(Change.CLEARED, instant, onset, now)

    def dump(self) -> dict[str, Any]:
        """What `load` takes, as plain data."""
        return {
            "listening": self.listening,
            "until": None if self._until == NEVER else self._until,
            "watches": [
                [
                    watch.rule.id,
                    watch.rule.hash,
                    watch.place.id,
                    None if watch.newest == NEVER else watch.newest,
                    watch.raised,
                    None if watch.since == NEVER else watch.since,
                ]
                for watch in self._watches
            ],
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Takes what `dump` gave; what is of rules and stations that are no more is dropped.

        A changed rule knows when the station was heard, and a silence that stands goes on. A watch that was not there
        listens from the time of the dump: nobody asked before.
        """
        found = {(rule, place): (newest, raised, since) for rule, _, place, newest, raised, since in state["watches"]}
        self._until = NEVER if state["until"] is None else state["until"]
        for watch in self._watches:
            if (watch.rule.id, watch.place.id) in found:
                newest, watch.raised, since = found[watch.rule.id, watch.place.id]
                watch.newest = NEVER if newest is None else newest
                watch.since = NEVER if since is None else since
            else:
                watch.since = self._until
        if state["listening"] is not None:
            self.begin(state["listening"])
