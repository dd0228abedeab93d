"""A rule watching one subject: where it stands, what has been announced of it, and how news becomes transitions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from alerts.announcing import Announced, News
from alerts.beside import NOTHING, Beside
from alerts.evidence import evidence
from alerts.fold import Fold
from alerts.memory import SampleMemory
from alerts.model import Level, Place, Transition
from alerts.moments import from_micros
from alerts.rules.ladder import NONE, Ladder, LadderState
from alerts.rules.rule import JudgedRule

_LEVELS = tuple(Level)


class Watch:
    """One judged rule at one subject. The samples belong to the series, which steps it.

    `may` says of each code of a sample what that may do. `followed`: others look at what is on its way here, and are
    to be told as well.
    """

    __slots__ = ("_announced", "_beside", "_followed", "_ladder", "_may", "head", "place", "rule")

    def __init__(
        self,
        *,
        rule: JudgedRule,
        place: Place,
        ladder: Ladder,
        may: bytes,
        beside: Beside = NOTHING,
        followed: bool = False,
    ) -> None:
        self.rule = rule
        self.place = place
        self._beside = beside
        self._followed = followed
        self._ladder = ladder
        self._may = may
        self._announced: Announced | None = None  # nothing yet, as of most
        self.head = self._start()

    def _start(self) -> Fold:
        return Fold(lens=self.rule.through(self.place, self._beside), ladder=LadderState(self._ladder))

    def stand_as(self, saved: Fold | None) -> None:
        """Goes back to a saved state; None for that of no samples."""
        self.head = self._start() if saved is None else saved.copy()

    def step(self, instant: int, value: float, code: int) -> bool:
        """Takes the next sample of the series; whether there may be something to announce.

        NaN for no value, `code` its flag and mark.
        """
        may = self._may[code]
        head = self.head
        if may and value - value == 0.0:  # finite
            seen = (value, may) if head.lens is None else head.lens.see(instant, value, may)
            if seen is not None:
                value, may = seen
                ladder = head.ladder
                if not ladder.idle or not value * ladder.ladder.sign < ladder.ladder.mildest:  # as nearly none
                    head.step(instant, value, may)
        if self._followed and not head.ladder.idle:
            return True
        if self._announced is None:
            return head.open is not None or bool(head.finished)
        return not self._announced.settled(head)

    @property
    def busy(self) -> bool:
        """Whether it has to see calm samples too: something is raised, on its way, to be told or remembered."""
        if not self.head.ladder.idle or self.head.remembers:
            return True
        return self._announced is not None and not self._announced.settled(self.head)

    @property
    def blank(self) -> bool:
        """Whether it stands as at the start, and nothing is told that could matter again."""
        return not self.busy and not self.head.finished and (self._announced is None or self._announced.blank)

    def recall(self, *, until: int, judged: bool) -> None:
        """Its samples have been joined by those before them: what of it people know already (`Announced.recall`)."""
        if self.head.episodes():
            self._announced = self._announced or Announced()
            self._announced.recall(self.head, until=until, judged=judged)

    def announce(
        self, samples: SampleMemory, now: datetime, *, live: bool, cause: int, reach: int | None
    ) -> list[Transition]:
        """What is to be told now. `cause` is the instant of the sample taken last, `reach` that of the oldest one kept.

        None for `reach` where none has been forgotten.
        """
        if self._announced is None:
            if not self.head.episodes():
                return []
            self._announced = Announced()
        news = self._announced.news(self.head, live=live, cause=cause)
        if reach is not None:
            self._announced.forget(reach)
        return [self._transition(item, samples, now) for item in news]

    def _transition(self, news: News, samples: SampleMemory, now: datetime) -> Transition:
        return Transition(
            rule=self.rule.id,
            subject=self.place.id,
            parameter=self.rule.parameter,
            change=news.change,
            level=None if news.level == NONE else _LEVELS[news.level],
            instant=from_micros(news.instant),
            onset=from_micros(news.onset),
            noticed_at=now,
            evidence=evidence(
                rule=self.rule,
                place=self.place,
                samples=samples,
                head=self.head,
                news=news,
                may=self._may,
                beside=self._beside,
            ),
            ended=None if news.ended is None else from_micros(news.ended),
        )

    def dump(self) -> list[Any]:
        """What `load` takes, as plain data."""
        return [self.head.dump(), self._announced and self._announced.dump()]

    def load(self, state: Sequence[Any]) -> None:
        """Takes what `dump` gave. It must be of the same rule."""
        head, announced = state
        self.head = self.loaded(head)
        self._announced = None
        if announced is not None:
            self._announced = Announced()
            self._announced.load(announced)

    def follow(self, told: Any) -> None:
        """Takes over what was told of the rule before it changed (`Announced.dump`; None where nothing was)."""
        if told is None and not self.head.finished:
            return
        self._announced = Announced()
        if told is not None:
            self._announced.load(told)
        self._announced.overlook(self.head)

    def hold(self) -> None:
        """Goes on with what is announced and stands, whatever the samples so far mean to this rule."""
        standing = self._announced.standing if self._announced is not None else None
        if standing is not None:
            self.head.hold(standing)

    def loaded(self, state: Any) -> Fold:
        """A fold of this rule from what `Fold.dump` gave."""
        fold = self._start()
        fold.load(state)
        return fold
