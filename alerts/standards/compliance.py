"""How often sources kept their class in a month, one by one and by group, each group with its target. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Sources that share a target, in per cent."""

    zh: str
    en: str
    target: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceMethod:
    """By samples, or by the water taken (HJ 774-2015, from memory: a setting).

    What is measured all the time is judged by the hour and the day: `minutes_an_hour` of an hour, and `share_of_day` of
    the hours that are due, make a valid one.
    """

    formula: Literal["samples", "volume"]
    groups: Mapping[str, Group]
    minutes_an_hour: int = 45
    share_of_day: Fraction = Fraction(3, 4)


class Judged(NamedTuple):
    """One judged sample of a source. `volume` is the water it speaks for, in any one unit."""

    group: str
    source: str
    month: str  # 2026-04
    compliant: bool
    volume: float = 0.0


class Rate(NamedTuple):
    """Of a month: a source's, or with an empty `source` its group's. `per_cent`: None where no water was taken."""

    month: str
    group: str
    source: str
    compliant: int
    samples: int
    per_cent: Fraction | None
    target: Fraction

    @property
    def met(self) -> bool | None:
        return None if self.per_cent is None else self.per_cent >= self.target


def monthly(judged: Iterable[Judged], method: ComplianceMethod) -> list[Rate]:
    """By month and group: each source, then the group. Raises `KeyError` for a group the method does not have."""
    cells: dict[tuple[str, str, str], list[Judged]] = {}
    for one in judged:
        for source in (one.source, ""):
            cells.setdefault((one.month, one.group, source), []).append(one)
    return [_rate(key, cells[key], method) for key in sorted(cells, key=_sources_before_their_group)]


def _sources_before_their_group(key: tuple[str, str, str]) -> tuple[str, str, bool, str]:
    month, group, source = key
    return month, group, not source, source


def _rate(key: tuple[str, str, str], judged: list[Judged], method: ComplianceMethod) -> Rate:
    month, group, source = key
    weights = [Fraction(one.volume) if method.formula == "volume" else Fraction(1) for one in judged]
    good = sum((weight for weight, one in zip(weights, judged, strict=True) if one.compliant), Fraction(0))
    whole = sum(weights, Fraction(0))
    return Rate(
        month=month,
        group=group,
        source=source,
        compliant=sum(one.compliant for one in judged),
        samples=len(judged),
        per_cent=100 * good / whole if whole else None,
        target=method.groups[group].target,
    )
