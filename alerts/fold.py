"""What a stretch of samples means to a rule: the level now, and the episodes so far.

A pure fold in order of instant. It knows nothing of the clock, nor of what has been announced.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from alerts.rules.ladder import NONE, LadderState
from alerts.rules.rule import Lens


class Episode(NamedTuple):
    """From the onset of the raising to the full clearing (None while it lasts), in microseconds."""

    onset: int
    ended: int | None
    highest: int  # rank of the gravest level
    raised: int  # the instant that decided the raising
    peak: int  # the instant that reached `highest`
    value: float  # the value compared then


class Fold:
    """The state after some samples. `changed` and `value` are the instant and value of the last change of level."""

    __slots__ = ("changed", "finished", "ladder", "lens", "level", "open", "value")

    def __init__(self, *, lens: Lens | None, ladder: LadderState) -> None:
        self.lens = lens
        self.ladder = ladder
        self.level = NONE
        self.open: Episode | None = None
        self.finished: tuple[Episode, ...] = ()
        self.changed = 0
        self.value = 0.0

    def step(self, instant: int, value: float, may: int) -> None:
        """Takes the next value to compare, which may raise, lift or both: what the lens, if any, has made of a sample.

        One below the mildest level moves nothing while the ladder is idle: it can be spared.
        """
        level = self.ladder.step(instant, value, may)
        if level is not None and level != self.level:
            self._moved(instant, value, level)

    def _moved(self, instant: int, value: float, level: int) -> None:
        if self.open is None:
            self.open = Episode(self._onset(level), None, level, instant, instant, value)
        elif level == NONE:
            self.finished = (*self.finished, self.open._replace(ended=instant))
            self.open = None
        elif level > self.open.highest:
            self.open = self.open._replace(highest=level, peak=instant, value=value)
        self.level = level
        self.changed = instant
        self.value = value

    def _onset(self, level: int) -> int:
        """Never before the end of the episode before: a slow comparator may have been on its way since then."""
        onset = self.ladder.onset(level)
        ended = self.finished[-1].ended if self.finished else None
        return onset if ended is None else max(onset, ended)

    def episodes(self) -> tuple[Episode, ...]:
        """In order; the last may still be open."""
        return self.finished if self.open is None else (*self.finished, self.open)

    def hold(self, standing: Episode) -> None:
        """Goes on with an episode that was announced: at its level at least, until this fold's own rule lifts it."""
        if self.level < standing.highest:
            self.ladder.hold(standing.highest, standing.onset)
            self.level = self.ladder.rank()
            self.changed, self.value = standing.peak, standing.value
        onset = min(standing.onset, self.open.onset) if self.open else standing.onset
        highest = max(self.level, self.open.highest) if self.open else self.level
        self.open = standing._replace(onset=onset, highest=highest)
        self.finished = tuple(e for e in self.finished if e.ended is not None and e.ended < onset)

    def forget(self, before: int) -> None:
        """Drops episodes that ended before an instant which no late sample can reach any more."""
        if self.finished:
            self.finished = tuple(e for e in self.finished if e.ended is None or e.ended >= before)

    @property
    def remembers(self) -> bool:
        """Whether values of the past matter to it even while nothing is on its way."""
        return self.lens is not None and self.lens.over > 0

    def copy(self) -> Fold:
        twin = Fold(lens=self.lens and self.lens.copy(), ladder=self.ladder.copy())
        twin.level = self.level
        twin.open = self.open
        twin.finished = self.finished
        twin.changed = self.changed
        twin.value = self.value
        return twin

    def saved(self) -> Fold | None:
        """A copy to come back to; None where that is the fold of no samples, as it mostly is."""
        return None if self.ladder.idle and not self.finished and not self.remembers else self.copy()

    def dump(self) -> list[Any]:
        """What `load` takes, as plain data."""
        lens = self.lens and self.lens.dump()
        ladder = None if self.ladder.idle else self.ladder.dump()
        standing = self.open and list(self.open)
        finished = [list(episode) for episode in self.finished]
        return [lens, ladder, self.level, standing, finished, self.changed, self.value]

    def load(self, state: Sequence[Any]) -> None:
        """Takes what `dump` gave. The fold must be that of no samples."""
        lens, ladder, self.level, standing, finished, self.changed, self.value = state
        if self.lens is not None:
            self.lens.load(lens)
        if ladder is not None:
            self.ladder.load(ladder)
        self.open = Episode(*standing) if standing else None
        self.finished = tuple(Episode(*episode) for episode in finished)
