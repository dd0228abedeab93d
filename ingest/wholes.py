"""Impossible pairs: more of a part than of the whole, in one message and at one instant. Pure.

Both are suspect: which of the two is wrong cannot be told. Only values that passed everything else are compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ingest.catalog import Parameter, Station
from ingest.flagged import Value
from ingest.model import Flag

REASON = "impossible_pair"
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


def impossible(values: Sequence[Value], pairs: Sequence[Whole]) -> Sequence[int]:
    """Places of the values that cannot be together."""
    passed = {value[0]: place for place, value in enumerate(values) if value[2] == _PASS}
    found: list[int] = []
    for part, whole, times, plus in pairs:
        if part in passed and whole in passed:
            least, most = values[passed[part]][1], values[passed[whole]][1]
            if least is not None and most is not None and least > times * most + plus:
                found += [passed[part], passed[whole]]
    return found
