"""Classes of water: GB 3838-2002 for surface water and drinking-water sources, and GB 3097-1997 for the sea. Pure.

Values are compared as measured, in millionths: full-value comparison, in which 1.04 mg/L is not 1.0. The numbers
are those of `config/standards`; what was not verified is marked there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from alerts.standards.amounts import exact


class Direction(StrEnum):
    """On which side of its limit a value is good."""

    AT_MOST = "le"
    AT_LEAST = "ge"
    ABOVE = "gt"
    WITHIN = "range"


class Body(StrEnum):
    """Lakes and reservoirs have limits of their own for phosphorus, and alone one for nitrogen."""

    RIVER = "river"
    LAKE = "lake"


class Zone(StrEnum):
    """Where a station stands: the protection zone decides which class it is held against (GB 3838 clause 3)."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    NONE = "none"


_FAR = 2**62  # millionths that nothing measured comes near


class Bounds(NamedTuple):
    """What keeps a class, from `low` to `high`, both included, in millionths."""

    low: int
    high: int


def bounds(direction: Direction, limit: float | tuple[float, float]) -> Bounds:
    """Those of a limit as the table has it: a number, or a pair where the direction is `WITHIN`."""
    if isinstance(limit, tuple):
        return Bounds(exact(limit[0]), exact(limit[1]))
    amount = exact(limit)
    match direction:
        case Direction.AT_MOST:
            return Bounds(-_FAR, amount)
        case Direction.AT_LEAST | Direction.WITHIN:
            return Bounds(amount, _FAR)
        case Direction.ABOVE:
            return Bounds(amount + 1, _FAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of table 1: what keeps each class, from the best to the worst; None where no number is known.

    `limits` by body, of those it is judged in at all.
    """

    key: str
    zh: str
    unit: str
    direction: Direction
    limits: Mapping[Body, tuple[Bounds | None, ...]]

    def rank(self, value: float, body: Body) -> int | None:
        """0 for the best class that the value keeps, the number of classes for one worse than all.

        None where it keeps no class whose number is known, and not all numbers are. Raises `ValueError` for no number.
        """
        return _rank(exact(value), self.limits[body])


def _rank(amount: int, limits: tuple[Bounds | None, ...]) -> int | None:
    for rank, limit in enumerate(limits):
        if limit is not None and limit[0] <= amount <= limit[1]:
            return rank
    return None if None in limits else len(limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceeded:
    """An item worse than wanted. `multiple` is C/S - 1; None where that is not said of it (DO, pH)."""

    key: str
    rank: int
    multiple: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterReport:
    """What one sample means. Ranks as `Item.rank`; `rank` is None where nothing could be judged.

    `decisive` are the items that make the class, none where it is the best; `exceeded` those for which it does not keep
    the class wanted, the supplementary items among them; `missing` those wanted that no class is known of.
    `ranks` has the items left out of the class too (GB 3838: temperature, nitrogen, coliforms).
    """

    ranks: Mapping[str, int]
    rank: int | None
    decisive: tuple[str, ...]
    exceeded: tuple[Exceeded, ...]
    missing: tuple[str, ...]

    @property
    def compliant(self) -> bool | None:
        """None where nothing could be judged."""
        return None if self.rank is None else not self.exceeded


@dataclass(frozen=True, kw_only=True)
class WaterStandard:
    """One standard: classes from best to worst, items, supplementary limits of sources, what the class leaves out."""

    standard: str
    title_zh: str
    verified: str
    classes: tuple[str, ...]
    worse: str
    items: Mapping[str, Item]
    supplementary: Mapping[str, int]  # drinking-water sources: at most, in millionths
    excluded: frozenset[str]
    no_multiple: frozenset[str]
    targets: Mapping[Zone, int]

    def name(self, rank: int) -> str:
        """`III`, or how what is worse than all is called."""
        return self.classes[rank] if rank < len(self.classes) else self.worse

    def wanted(self, body: Body) -> tuple[str, ...]:
        """The items that make the class in such water, in the order of the table."""
        return self._wanted[body]

    @cached_property
    def _wanted(self) -> Mapping[Body, tuple[str, ...]]:
        return {body: tuple(key for key, _ in rows if key not in self.excluded) for body, rows in self._rows.items()}

    @cached_property
    def _rows(self) -> Mapping[Body, tuple[tuple[str, tuple[Bounds | None, ...]], ...]]:
        """The table as it is in such water: asked once a sample, not once an item."""
        items = self.items.items()
        return {body: tuple((key, item.limits[body]) for key, item in items if body in item.limits) for body in Body}

    def judge(
        self, values: Mapping[str, float], *, body: Body, target: int, source: bool, wanted: tuple[str, ...] = ()
    ) -> WaterReport:
        """One sample, by single factor (clause 5.1): the worst item makes the class.

        `target` is the rank to keep; with `source` the five supplementary items are held against their limits too.
        `wanted` are the items whose absence is `missing`, all that make the class unless given. Parameters that the
        standard does not know are passed over. Raises `ValueError` for a value that is not finite.
        """
        ranks: dict[str, int] = {}
        for key, limits in self._rows[body]:
            if key in values:
                rank = _rank(exact(values[key]), limits)
                if rank is not None:
                    ranks[key] = rank
        judged = {key: rank for key, rank in ranks.items() if key not in self.excluded}
        worst = max(judged.values(), default=None)
        exceeded = [
            Exceeded(key=key, rank=rank, multiple=self._multiple(key, values[key], body, target))
            for key, rank in judged.items()
            if rank > target
        ]
        if source:
            exceeded += [
                Exceeded(key=key, rank=len(self.classes), multiple=exact(values[key]) / limit - 1)
                for key, limit in self.supplementary.items()
                if key in values and exact(values[key]) > limit
            ]
        return WaterReport(
            ranks=ranks,
            rank=worst,
            decisive=tuple(key for key, rank in judged.items() if rank == worst and rank > 0),
            exceeded=tuple(exceeded),
            missing=tuple(key for key in wanted or self._wanted[body] if key not in ranks),
        )

    def _multiple(self, key: str, value: float, body: Body, target: int) -> float | None:
        limit = self.items[key].limits[body][target]
        return None if key in self.no_multiple or limit is None else exact(value) / limit.high - 1
