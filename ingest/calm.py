"""Series of one station that come together, while nothing can be wrong with what comes: one look a message. Pure.

Nearly every message of a station is like the one before: the same parameters, newer than all others, each value near
the last. What `Series.calm` says of a value is said here of a whole message; what came so is kept in one place, and the
series have it once somebody asks for them (`settle`).
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

from ingest.bundle import Values, layout, passed
from ingest.patterns import Watch
from ingest.series import Series, Trust
from ingest.wholes import Whole

_NONE: Mapping[int, int] = {}  # one for all that have none, as most do
_KEPT = 16  # messages until the series have them: the more, the further they lie behind what is kept of each station


class Calm:
    """Begun by `begun`, and of use until a message comes that it does not take: then the series have the word again."""

    __slots__ = ("_bounds", "_instants", "_last", "_names", "_newest", "_pairs", "_passed", "_same",
                 "_series", "_until", "_values", "_watches", "took")  # fmt: skip

    def __init__(self, names: tuple[str, ...], series: Sequence[Series], trusts: Sequence[Trust]) -> None:
        self._names = names
        self._series = series
        self._bounds = [trust[:4] for trust in trusts]
        self._last: Sequence[float] = [trust.value for trust in trusts]
        self._newest = max([one.newest for one in series])
        self._until = min([trust.until for trust in trusts])
        # since when it is the same, of values that are as the one before
        self._same: Mapping[int, int] = {place: trust.since for place, trust in enumerate(trusts)}
        self._watches: Sequence[tuple[int, Watch]] = ()  # with the place of the value they look at
        self._pairs: Sequence[tuple[int, int, float, float]] = ()  # places of a part and its whole, as `Whole`
        self._passed = passed(len(names))
        self._instants = array("q")  # what the series have not got yet: instants, and message after message of values
        self._values = array("d")
        self.took = False  # whether it has ever been of use

    @classmethod
    def begun(cls, looked_at: Mapping[str, tuple[Series, Sequence[Watch]]], wholes: Sequence[Whole]) -> Calm | None:
        """Of these parameters, as their series stand; None where one of them has to be looked at by itself."""
        names = layout(tuple(looked_at))
        series = [one for one, _ in looked_at.values()]
        trusts = [trust for one in series if (trust := one.trusted) is not None]
        if len(trusts) < len(series):
            return None
        pairs = []
        for part, whole, times, plus in wholes:
            if part in looked_at and whole in looked_at:
                pairs.append((names.index(part), names.index(whole), times, plus))
            elif part in looked_at or whole in looked_at:
                return None  # the other half may come in a message of its own
        calm = cls(names, series, trusts)
        calm._pairs = pairs
        calm._watches = [(place, watch) for place, (_, own) in enumerate(looked_at.values()) for watch in own]
        return calm

    def take(  # noqa: C901  the hot path, in one piece
        self, micros: int, values: Mapping[str, float | None]
    ) -> Values | None:
        """The values of a message that lacks nothing and is not late, with their flags.

        None where one of them has to be looked at: then nothing was taken.
        """
        names = self._names
        if not self._newest < micros <= self._until or tuple(values) != names:
            return None
        given = [value for value in values.values() if value is not None]
        if len(given) < len(names):
            return None
        some_stay = False
        for value, before, (low, high, near, _) in zip(given, self._last, self._bounds):  # noqa: B905  the hot path
            # as `Series.calm`, which says it of one
            if not (low <= value <= high and -near <= value - before <= near):
                return None
            if value == before:
                some_stay = True
        for part, whole, times, plus in self._pairs:
            if given[part] > times * given[whole] + plus:
                return None
        same = self._stayed(micros, given) if some_stay else _NONE
        if same is None:
            return None
        self._same, self._last, self._newest, self.took = same, given, micros, True
        self._values.extend(given)
        self._instants.append(micros)
        if len(self._instants) >= _KEPT:
            self.settle()
        kept = Values(names, given, *self._passed)
        for place, watch in self._watches:
            verdict = watch.take(micros, given[place])
            if verdict is not None:
                kept = kept.marked(place, *verdict)
        return kept

    def _stayed(self, micros: int, given: Sequence[float]) -> Mapping[int, int] | None:
        """Since when values are the same, of those that are as the one before; None where one has been for too long."""
        same: dict[int, int] = {}
        for place, value in enumerate(given):
            if value == self._last[place]:
                same[place] = self._same.get(place, self._newest)
                if micros - same[place] >= self._bounds[place][3]:
                    return None
        return same

    def settle(self) -> None:
        """The series have all that was taken."""
        instants, values, several = self._instants, self._values, len(self._series)
        if not instants:
            return
        for place, series in enumerate(self._series):
            series.catch_up(instants, values[place::several], self._same.get(place, self._newest))
        del instants[:], values[:]
