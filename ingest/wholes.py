"""Impossible pairs: more of a part than of the whole, at one instant of one station. Pure, with memory.

In one message both are suspect: which of the two is wrong cannot be told. Where the halves come in messages of their
own, the one that comes last is: the first has been judged and stored by then. Only values that passed everything else
are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ingest.bundle import Values
from ingest.catalog import Parameter, Station
from ingest.model import Flag

REASON = "impossible_pair"
WAITING = 4  # instants of a series whose halves are remembered: messages of one instant come close together [E]
_PASS = Flag.PASS.value


class Whole(NamedTuple):
    """A pair that a station measures: `part` may be `times` `whole` and `plus`."""

    part: str
    whole: str
    times: float
    plus: float


def wholes(station: Station, parameters: Mapping[str, Parameter]) -> tuple[Whole, ...]:
    """The pairs among what a station measures."""
    names = station.parameters
    return tuple(
        Whole(of.part, name, of.times, of.plus)
        for name in names
        if name in parameters
        for of in parameters[name].at(station.kind).includes
        if of.part in names
    )


class Halves:
    """Finds impossible pairs. Remembers halves only where a message lacks the other, as few messages do."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], dict[int, dict[str, float]]] = {}  # by station and period, by instant

    def impossible(
        self, station: str, period: str, micros: int, values: Values, pairs: Sequence[Whole]
    ) -> Sequence[int]:
        """Places of the values of one message and instant that cannot be beside another, of this message or before."""
        given = values.given
        passed = {name: place for place, (name, _, flag, _) in enumerate(values) if flag == _PASS}
        found: list[int] = []
        alone: list[Whole] = []
        for pair in pairs:
            part, whole, times, plus = pair
            if part in passed:
                if whole in passed:
                    least, most = given[passed[part]], given[passed[whole]]
                    if least is not None and most is not None and least > times * most + plus:
                        found += [passed[part], passed[whole]]
                    continue
            elif whole not in passed:
                continue
            alone.append(pair)
        if alone:
            found += self._beside(self._known(station, period, micros), given, passed, alone)
        return found

    def _known(self, station: str, period: str, micros: int) -> dict[str, float]:
        """Halves that came before of that instant; of older ones there is none."""
        waiting = self._waiting.setdefault((station, period), {})
        known = waiting.setdefault(micros, {})
        if len(waiting) > WAITING:
            del waiting[min(waiting)]
        return known

    @staticmethod
    def _beside(
        known: dict[str, float], given: Sequence[float | None], passed: Mapping[str, int], alone: Iterable[Whole]
    ) -> list[int]:
        found = []
        for part, whole, times, plus in alone:
            here, there = (part, whole) if part in passed else (whole, part)
            value = given[passed[here]]
            if value is None:
                continue
            known[here] = value
            other = known.get(there)
            if other is not None:
                least, most = (value, other) if here == part else (other, value)
                if least > times * most + plus:
                    found.append(passed[here])
        return found

    def snapshot(self) -> list[list[Any]]:
        """Plain data for the checkpoint."""
        return [
            [*place, [[micros, known] for micros, known in waiting.items()]] for place, waiting in self._waiting.items()
        ]

    def restore(self, state: Iterable[Sequence[Any]]) -> None:
        """Takes it over."""
        self._waiting = {
            (station, period): {micros: dict(known) for micros, known in waiting} for station, period, waiting in state
        }
