"""What is announced of a track, and when: the fold's changes as transitions, each told once.

- Raising and upgrading are announced only while the subject is *live*: its newest instant is recent. Until then they
  are pending, and fire as soon as the stream is live and the condition still holds, with their earlier onset.
- An episode that began and ended untold is told once, as discovered late. One that overlaps it is the same.
- Clearing and downgrading follow the instants as they come.
- A revision that leaves no episode where one was announced withdraws its basis, once. The warning stands until a person
  decides. A raising after that is announced as raised anew (for people: returned), a clearing as cleared.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from alerts.fold import Episode, Fold
from alerts.model import Change
from alerts.rules.ladder import NONE


class News(NamedTuple):
    """A change to be announced; instants in microseconds, levels as ranks."""

    change: Change
    level: int  # NONE for cleared
    judged: int  # the level whose conditions decided it
    value: float  # what they were compared with; NaN where a revision took it away
    instant: int
    onset: int
    ended: int | None = None


def stands(told: Sequence[Any] | None) -> bool:
    """Whether what `Announced.dump` gave says that something is announced and not over."""
    return told is not None and told[0] != NONE and not told[1]


class Announced:
    """What people have been told of one subject, and what follows from a fold that has moved on."""

    __slots__ = ("_decided", "_onset", "_seen", "_told", "level", "withdrawn")

    def __init__(self) -> None:
        self.level = NONE
        self.withdrawn = False
        self._onset = 0  # of the episode announced
        self._decided = 0  # the last instant that decided a raising or change of it
        self._seen: tuple[Episode, ...] | None = ()  # the finished episodes last looked at, by identity
        self._told: list[tuple[int, int]] = []  # episodes told and over: (onset, ended)

    @property
    def blank(self) -> bool:
        """Whether nothing is told that a later change could have to do with."""
        return self.level == NONE and not self.withdrawn and not self._told

    def settled(self, fold: Fold) -> bool:
        """Whether there can be nothing to tell after a sample in order: the quick question asked each time."""
        return fold.level == self.level and fold.finished is self._seen and not self.withdrawn

    def news(self, fold: Fold, *, live: bool, cause: int) -> list[News]:
        """What to announce now that the fold stands so. `cause` is the instant of the sample that moved it."""
        found = [*self._late(fold)]
        if self.level != NONE:
            found.extend(self._of_standing(fold, live=live, cause=cause))
        if self.level == NONE and fold.open is not None and live:
            found.append(self._raise(fold, fold.open))
        self._seen = fold.finished
        return found

    def recall(self, fold: Fold, *, until: int, judged: bool) -> None:
        """What came and went up to `until` is not told again: it was, or nobody was there to be told.

        Where it was `judged` then, what was under way is known to people too, and only its further course is news.
        Otherwise what still holds is news now.
        """
        for episode in fold.episodes():
            if episode.raised > until or (self.level != NONE and self._is_announced(episode)):
                continue
            if episode.ended is not None and episode.ended <= until:
                self._remember(episode.onset, episode.ended)
            elif judged:
                self.level = episode.highest if episode.peak <= until else 0  # it rose since: that is news
                self._onset, self._decided = episode.onset, episode.raised

    def _raise(self, fold: Fold, episode: Episode) -> News:
        self.level = fold.level
        self.withdrawn = False
        self._onset, self._decided = episode.onset, fold.changed
        return News(Change.RAISED, fold.level, fold.level, fold.value, fold.changed, episode.onset)

    def _of_standing(self, fold: Fold, *, live: bool, cause: int) -> Iterator[News]:
        """What became of the episode that was announced."""
        over = [episode for episode in fold.finished if self._is_announced(episode)]
        if over and not (fold.open is not None and self._is_announced(fold.open)):
            last = over[-1]
            ended = last.ended or last.raised
            value = fold.value if ended == fold.changed else math.nan
            yield News(Change.CLEARED, NONE, self.level, value, ended, last.onset, ended)
            self._remember(min(self._onset, over[0].onset), ended)
            self.level, self.withdrawn = NONE, False
        elif fold.open is None:
            if not self.withdrawn:
                self.withdrawn = True
                yield News(Change.BASIS_WITHDRAWN, self.level, self.level, math.nan, cause, self._onset)
        elif self.withdrawn:
            if live:
                yield self._raise(fold, fold.open)
        else:
            # one and the same for people, even where a revision moved its beginning
            self._onset = min(self._onset, fold.open.onset)
            self._decided = max(self._decided, fold.open.onset)
            if fold.level > self.level and live:
                yield self._move(fold, Change.UPGRADED, judged=fold.level)
            elif fold.level < self.level:
                yield self._move(fold, Change.DOWNGRADED, judged=self.level)

    def _move(self, fold: Fold, change: Change, *, judged: int) -> News:
        self.level = fold.level
        self._decided = max(self._decided, fold.changed)
        return News(change, fold.level, judged, fold.value, fold.changed, fold.ladder.onset(fold.level))

    def _is_announced(self, episode: Episode) -> bool:
        return episode.onset <= self._decided and (episode.ended is None or episode.ended >= self._onset)

    def _late(self, fold: Fold) -> Iterator[News]:
        for episode in fold.finished:
            ended = episode.ended or episode.raised
            if self.level != NONE and self._is_announced(episode):
                continue
            if any(onset <= ended and over >= episode.onset for onset, over in self._told):
                self._remember(episode.onset, ended)
                continue
            self._remember(episode.onset, ended)
            rank = episode.highest
            yield News(Change.DISCOVERED_LATE, rank, rank, episode.value, episode.peak, episode.onset, ended)

    @property
    def standing(self) -> Episode | None:
        """What people were told of and is not over, as far as it is known here; None where nothing stands."""
        if self.level == NONE or self.withdrawn:
            return None
        return Episode(self._onset, None, self.level, self._decided, self._decided, math.nan)

    def overlook(self, fold: Fold) -> None:
        """Takes what is over as told: what a rule finds in the past because the rule was changed is nobody's news."""
        for episode in fold.finished:
            if self.level == NONE or not self._is_announced(episode):
                self._remember(episode.onset, episode.ended or episode.raised)

    def _remember(self, onset: int, ended: int) -> None:
        """Adds an episode to those told, merged with what it overlaps."""
        apart = []
        for told in self._told:
            if told[0] <= ended and told[1] >= onset:
                onset, ended = min(onset, told[0]), max(ended, told[1])
            else:
                apart.append(told)
        self._told = [*apart, (onset, ended)]

    def forget(self, before: int) -> None:
        """Drops what was told of episodes that no fold holds any more."""
        self._told = [told for told in self._told if told[1] >= before]

    def dump(self) -> list[Any]:
        """What `load` takes, as plain data."""
        return [self.level, self.withdrawn, self._onset, self._decided, [list(told) for told in self._told]]

    def load(self, state: Sequence[Any]) -> None:
        self.level, self.withdrawn, self._onset, self._decided, told = state
        self._told = [(onset, ended) for onset, ended in told]
        self._seen = None
