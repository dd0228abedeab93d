"""One series and the rules over it: samples in any order in, what they mean now out.

In order, a sample is one step, and most samples are less: while nothing is raised or on its way, one that is calm to
every rule is only remembered. A late or corrected one is set in its place and everything from there is folded again,
starting at the nearest saved state before it. What is announced is `announcing`'s affair.

Limits: a sample older than the memory (what comes within the allowed lateness at the series' own pace, a quarter more
at most) is not evaluated, and counted; the first value received for an instant stands until another value comes for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from alerts.announcing import stands
from alerts.beside import NOTHING, Beside
from alerts.fold import Episode, Fold
from alerts.marks import loaded
from alerts.memory import UNKNOWN_DELAY, Row, SampleMemory, packed
from alerts.model import Place, Sample, Transition
from alerts.moments import to_micros
from alerts.rules.rule import MARKED
from alerts.scheme import Scheme
from alerts.watching import Watch

NEVER = -(2**63)

Saved = tuple[Fold | None, ...] | None  # where each watch stood; None as at the start


class Series:
    """The samples of one subject, and the watches over them. `place.interval_seconds` is that of the series.

    The watches come with the first sample that is not calm, and go when all they remember is calm again: without
    them, every sample in memory is calm. Counts what was not evaluated in `too_old`.
    """

    __slots__ = ("_beside", "_block", "_busy", "_next", "_states", "forgot", "newest", "place", "samples",
                 "scheme", "too_old", "watches")  # fmt: skip
    followed = False  # whether rules over other series look at this one

    def __init__(self, *, scheme: Scheme, place: Place, beside: Beside = NOTHING) -> None:
        self.scheme = scheme
        self._beside = beside
        self.place = place
        self.samples = SampleMemory()
        self.newest = NEVER  # instant of the newest sample, accepted or not
        self.forgot = False  # whether samples have left the memory
        self.too_old = 0
        self.watches: tuple[Watch, ...] = ()
        self._block = scheme.block
        self._next = 0  # samples until a block ends or some should be packed
        self._busy: tuple[Watch, ...] = ()  # those that must see calm samples too
        self._states: tuple[Saved, ...] = ()  # after 0, 1, 2 ... blocks of samples; none without watches
        if scheme.remembering:
            self._rouse()
        self._look_ahead()

    @property
    def blank(self) -> bool:
        """Whether it has taken nothing yet."""
        return not self.samples

    def take(self, instant: int, value: float, code: int, delay: int, reason: str = "", *_: str) -> bool:
        """Takes a sample of the series; whether there may be something to announce.

        Its instant in microseconds, its value (NaN for none), its flag and what marks it has already, the seconds to
        its receipt. Last, for who takes those of several, come station and parameter.
        """
        if reason:
            code = self.scheme.marks.code(code, reason)
        if instant <= self.newest:
            return self._put_late(instant, value, code, delay)
        # the path of nearly every sample: no calls that can be spared
        self.newest = instant
        self.samples += packed(instant, value, code, delay)
        moved = False
        low, high = self.scheme.calm
        if value >= high or value <= low or code >= MARKED:
            moved = self._step_all(instant, value, code)
        elif self._busy:
            moved = self._step_busy(instant, value, code)
        self._next -= 1
        if self._next <= 0:
            moved = self._pause() or moved
        return moved

    def _pause(self) -> bool:
        """What is done now and then: a block has ended, or there are samples to pack, or both."""
        moved = not self.samples.held % self._block and self._end_block()
        self.samples.pack()
        self._look_ahead()
        return moved

    def _look_ahead(self) -> None:
        self._next = min(self._block - self.samples.held % self._block, self.samples.room)

    def _is_calm(self, value: float, code: int) -> bool:
        low, high = self.scheme.calm
        return not (value >= high or value <= low or code >= MARKED)

    def _step_all(self, instant: int, value: float, code: int) -> bool:
        if not self.watches:
            self._rouse()
        moved = False
        for watch in self.watches:
            moved = watch.step(instant, value, code) or moved
        self._find_busy()
        return moved

    def _step_busy(self, instant: int, value: float, code: int) -> bool:
        moved = False
        for watch in self._busy:
            moved = watch.step(instant, value, code) or moved
        if moved:
            self._find_busy()
        return moved

    def _rouse(self) -> None:
        rules = zip(self.scheme.rules, self.scheme.ladders, self.scheme.may, strict=True)
        beside, followed = self._beside, self.followed
        self.watches = tuple(
            Watch(rule=rule, place=self.place, ladder=ladder, may=may, beside=beside, followed=followed)
            for rule, ladder, may in rules
        )
        self._states = (None,) * (max(0, self.samples.held - 1) // self._block + 1)
        self._find_busy()

    def _find_busy(self) -> None:
        """Now and then: one that is there without need does no harm."""
        self._busy = tuple(watch for watch in self.watches if watch.busy)

    def _put_late(self, instant: int, value: float, code: int, delay: int) -> bool:
        if self.forgot and instant < self.samples.oldest:
            self.too_old += 1
            return False
        place = self.samples.put(instant, value, code, delay)
        if place is None:
            return False
        self._next = 0
        if not self.watches:
            if self._is_calm(value, code):
                self._trim()
                return False
            self._rouse()
        self._refold(place)
        self._find_busy()
        return True

    def revise(self, instant: int) -> bool:
        """What its rules see of a sample from there on has changed; whether there may be something to announce."""
        if not self.watches or instant > self.newest:
            return False
        self._refold(self.samples.first_from(instant))
        self._find_busy()
        return True

    def _refold(self, place: int) -> None:
        """Folds again from the last saved state that the change at `place` does not touch."""
        kept = min(place // self._block, len(self._states) - 1)
        self._states = self._states[: kept + 1]
        self._stand_as(self._states[kept])
        for first in range(kept * self._block, self.samples.held, self._block):
            self._fold(first, min(first + self._block, self.samples.held))
            if first + self._block <= self.samples.held:
                self._states = (*self._states, self._saved())
        self._trim()

    def _fold(self, first: int, end: int) -> None:
        for row in self.samples.rows(first, end):
            for watch in self.watches:
                watch.step(row.instant, row.value, row.code)

    def _stand_as(self, saved: Saved) -> None:
        for number, watch in enumerate(self.watches):
            watch.stand_as(None if saved is None else saved[number])

    def _saved(self) -> Saved:
        saved = tuple(watch.head.saved() for watch in self.watches)
        return saved if any(fold is not None for fold in saved) else None

    def _end_block(self) -> bool:
        if self.watches:
            self._states = (*self._states, self._saved())
            self._find_busy()
        return self._trim()

    def _trim(self) -> bool:
        """Drops the oldest block when it can be spared; whether watches may have forgotten something."""
        if self.samples.held < self.scheme.memory + self._block:
            return False
        if self.watches and self._over():
            self.watches = self._busy = self._states = ()
        self.samples.drop_oldest(self._block)
        self.forgot = True
        if not self.watches:
            return False
        self._states = self._states[1:]
        reach = self.samples.oldest
        for fold in self._folds():
            fold.forget(reach)
        return True

    def recall(self, past: Iterable[tuple[Sample, int, float]], *, until: int, judged: bool) -> None:
        """Takes at once what was before it began to listen; what it knows of an instant itself stands.

        Once samples have left its memory, older ones cannot matter to it any more. What of the past is not told
        again is `Announced.recall`'s affair; `announce` is to follow.
        """
        known = [] if self.forgot else sorted(self._joined(past).values())
        if not known:
            return
        most = self.scheme.memory + self._block - 1
        self.forgot = len(known) > most
        known = known[-most:]
        self.samples.refill(known)
        self._next = 0
        self.newest = known[-1].instant
        if not self.watches:
            if all(self._is_calm(row.value, row.code) for row in known):
                return
            self._rouse()
        self._states = (None,)
        self._refold(0)
        self._find_busy()
        for watch in self.watches:
            watch.recall(until=until, judged=judged)

    def _joined(self, past: Iterable[tuple[Sample, int, float]]) -> dict[int, Row]:
        """The past and its own samples, by instant."""
        code = self.scheme.marks.code
        coded = [(instant, value, code(sample.flag, sample.reason)) for sample, instant, value in past]
        return {**{row[0]: Row(*row, UNKNOWN_DELAY) for row in coded}, **self._own()}

    def _own(self) -> dict[int, Row]:
        return {row.instant: row for row in self.samples.rows(0, self.samples.held)}

    def _folds(self) -> Iterator[Fold]:
        yield from (watch.head for watch in self.watches)
        for saved in filter(None, self._states):
            yield from filter(None, saved)

    def _over(self) -> bool:
        """Whether watches and samples are as though nothing had ever been."""
        return (
            not self.scheme.remembering
            and not any(self._states)
            and all(watch.blank for watch in self.watches)
            and all(self._is_calm(row.value, row.code) for row in self.samples.rows(0, self.samples.held))
        )

    def announce(self, now: datetime, cause: int) -> list[Transition]:
        """What is to be told now; `cause` is the instant of the sample taken last."""
        reach = self.samples.oldest if self.forgot else None
        live = self.newest >= to_micros(now) - self.scheme.fresh
        return [
            transition
            for watch in self.watches
            for transition in watch.announce(self.samples, now, live=live, cause=cause, reach=reach)
        ]

    def episodes(self, rule: str) -> tuple[Episode, ...]:
        """Of one of its rules, in order; the last may still be open."""
        return next((watch.head.episodes() for watch in self.watches if watch.rule.id == rule), ())

    def dump(self) -> dict[str, Any]:
        """What `load` takes, as plain data."""
        return {
            "rules": self.scheme.signatures,
            "watched": self.scheme.marks.dump(),
            "samples": self.samples.dump(),
            "block": self._block,
            "forgot": self.forgot,
            "too_old": self.too_old,
            "states": tuple(saved and [fold and fold.dump() for fold in saved] for saved in self._states),
            "watches": tuple(watch.dump() for watch in self.watches),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Takes what `dump` gave; its rules are among those dumped."""
        codes = self.scheme.marks.codes_of(loaded(state["watched"]))
        assert codes is not None, "its rules watch what was watched then"
        self.samples.load(state["samples"], codes)
        self.newest = self.samples.row(self.samples.held - 1).instant if self.samples else NEVER
        self._block = state["block"]
        self.forgot = state["forgot"]
        self.too_old = state["too_old"]
        self._next = 0
        if not state["watches"]:
            return
        self._rouse()
        places = {tuple(signature): place for place, signature in enumerate(state["rules"])}
        columns = [places[signature] for signature in self.scheme.signatures]
        self._states = tuple(saved and self._loaded(saved, columns) for saved in state["states"])
        for watch, column in zip(self.watches, columns, strict=True):
            watch.load(state["watches"][column])
        self._find_busy()

    def adopt(self, state: Mapping[str, Any]) -> None:
        """Takes the samples of what `dump` gave, for rules that were not dumped or have changed since.

        They are folded by the rules of now, and nothing that is over is news. Where a warning stands, it stands: the
        series then begins anew at its newest sample, at the level announced, and what comes after lifts or raises it.
        """
        told = {rule: watch[1] for (rule, _), watch in zip(state["rules"], state["watches"], strict=False)}
        codes = self.scheme.marks.codes_of(loaded(state["watched"]))
        if codes is not None:  # else nobody knows what would have been marked
            self._take_over(state, codes)
        self._rouse()
        if any(stands(told.get(rule.id)) for rule in self.scheme.rules):
            self._go_on(told)
        elif self.samples:
            self._refold(0)
            self._follow(told)
        self._find_busy()

    def _take_over(self, state: Mapping[str, Any], codes: bytes) -> None:
        self.samples.load(state["samples"], codes)
        self.forgot = state["forgot"]
        self._next = 0
        if (over := self.samples.held - self.scheme.memory - self._block + 1) > 0:
            self.samples.drop_oldest(over)
            self.forgot = True
        if self.samples:
            self.newest = self.samples.row(self.samples.held - 1).instant

    def _go_on(self, told: Mapping[str, Any]) -> None:
        """With what stands. No sample before the newest can be told of it any more: they count as too old."""
        before = max(0, self.samples.held - 1)
        self._fold(0, before)
        self._follow(told)
        for watch in self.watches:
            watch.hold()
        if before:
            self.samples.drop_oldest(before)
            self.forgot = True
        self._states = (self._saved(),)
        self._fold(0, self.samples.held)

    def _follow(self, told: Mapping[str, Any]) -> None:
        for watch in self.watches:
            watch.follow(told.get(watch.rule.id))

    def _loaded(self, saved: list[Any], columns: list[int]) -> Saved:
        pairs = zip(self.watches, columns, strict=True)
        folds = tuple(saved[column] and watch.loaded(saved[column]) for watch, column in pairs)
        return folds if any(fold is not None for fold in folds) else None
