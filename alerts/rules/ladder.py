"""A rule's levels at work: comparators stepped through values in order of instant.

The semantics of raising, lifting, dwell and gaps are told in `levels`, whose settings these are, compiled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alerts import durations
from alerts.model import Level
from alerts.moments import length
from alerts.rules.levels import Combine, Condition, Direction, LevelSettings
from alerts.windows import AT_ONCE, CONFIRMED, TO_LIFT, TO_RAISE

NONE = -1  # rank of no level


@dataclass(frozen=True, slots=True)
class Comparator:
    """A condition compiled: values turned so that above is always grave, durations in microseconds."""

    condition: Condition
    raise_at: float
    lift_at: float
    dwell: int
    samples: int
    lift_dwell: int
    lift_samples: int


class Ladder:
    """A rule's levels compiled for one subject: what a `LadderState` steps through."""

    __slots__ = ("comparators", "groups", "inclusive", "max_gap", "mildest", "sign")

    def __init__(
        self, *, levels: Mapping[Level, LevelSettings], direction: Direction, inclusive: bool, max_gap: int
    ) -> None:
        self.sign = 1.0 if direction == "above" else -1.0
        self.inclusive = inclusive
        self.max_gap = max_gap
        comparators: list[Comparator] = []
        groups: list[tuple[int, Combine, range]] = []
        for level in sorted(levels, key=lambda level: level.rank, reverse=True):
            for combine, conditions in levels[level].groups:
                first = len(comparators)
                comparators.extend(self._compiled(condition) for condition in conditions)
                groups.append((level.rank, combine, range(first, len(comparators))))
        self.comparators = tuple(comparators)
        self.groups = tuple(groups)  # gravest first; of several of one level one is enough
        self.mildest = min(comparator.raise_at for comparator in comparators)

    def _compiled(self, condition: Condition) -> Comparator:
        return Comparator(
            condition=condition,
            raise_at=condition.raise_ * self.sign,
            lift_at=condition.lift_at * self.sign,
            dwell=length(condition.for_),
            samples=condition.samples,
            lift_dwell=length(condition.lift_for),
            lift_samples=condition.lift_samples,
        )

    def sentence(self, condition: Condition, *, unit: str, lifting: bool) -> str:
        """What is compared with: `> 150 ug/m3 for 24h`, and for lifting its opposite."""
        above = (self.sign > 0) != lifting
        edge = self.inclusive != lifting
        limit = condition.lift_at if lifting else condition.raise_
        dwell, samples = (
            (condition.lift_for, condition.lift_samples) if lifting else (condition.for_, condition.samples)
        )
        text = f"{'>' if above else '<'}{'=' if edge else ''} {limit:g}{' ' + unit if unit else ''}"
        if dwell:
            text += f" for {durations.text(dwell)}"
        if samples > 1:
            text += f", {samples} samples"
        return text


class Cell:
    """Where one comparator stands: raised since `held`, or on its way up or down since `start`."""

    __slots__ = ("count", "held", "raised", "start")

    def __init__(self, *, raised: bool = False, start: int | None = None, count: int = 0, held: int = 0) -> None:
        self.raised = raised
        self.start = start
        self.count = count
        self.held = held

    def copy(self) -> Cell:
        return Cell(raised=self.raised, start=self.start, count=self.count, held=self.held)

    def quit_run(self) -> None:
        self.start = None
        self.count = 0


class LadderState:
    """Where all comparators of a ladder stand, stepped in order of instant. Idle, it holds nothing at all."""

    __slots__ = ("cells", "idle", "ladder", "last_lift", "last_raise")

    def __init__(self, ladder: Ladder) -> None:
        self.ladder = ladder
        self.cells: Sequence[Cell] = ()
        self.last_raise: int | None = None
        self.last_lift: int | None = None
        self.idle = True  # nothing raised and nothing on its way: gaps mean nothing either

    def step(self, instant: int, value: float, may: int) -> int | None:
        """Takes a value that may raise, lift or both. The level's rank, or None where nothing can have changed."""
        ladder = self.ladder
        value *= ladder.sign
        if self.idle:
            if not may & TO_RAISE or value < ladder.mildest or (value == ladder.mildest and not ladder.inclusive):
                return None
            self.cells = [Cell() for _ in ladder.comparators]
            self.last_raise = self.last_lift = None
        gap_up = gap_down = False
        if may & TO_RAISE:
            gap_up = self.last_raise is not None and instant - self.last_raise > ladder.max_gap
            self.last_raise = instant
        if may & TO_LIFT:
            gap_down = self.last_lift is not None and instant - self.last_lift > ladder.max_gap
            self.last_lift = instant
        idle = True
        for cell, comparator in zip(self.cells, ladder.comparators, strict=True):
            if cell.raised:
                self._go_down(cell, comparator, instant, value, may, gap=gap_down)
            else:
                self._go_up(cell, comparator, instant, value, may, gap=gap_up)
            idle = idle and not cell.raised and cell.start is None
        rank = self.rank()
        if idle:
            self.cells = ()
        self.idle = idle
        return rank

    def _go_up(self, cell: Cell, comparator: Comparator, instant: int, value: float, may: int, *, gap: bool) -> None:
        if not may & TO_RAISE:
            return
        if not self._past(value, comparator, lifting=False):
            cell.quit_run()
            return
        if cell.start is None or gap:
            cell.start = instant
        cell.count += 1
        enough = cell.count >= comparator.samples or may & CONFIRMED
        if enough and instant - cell.start >= comparator.dwell:
            cell.raised = True
            cell.held = cell.start
            cell.quit_run()

    def _go_down(self, cell: Cell, comparator: Comparator, instant: int, value: float, may: int, *, gap: bool) -> None:
        if not self._past(value, comparator, lifting=True):
            cell.quit_run()
            return
        if not may & TO_LIFT:
            return
        if cell.start is None or gap:
            cell.start = instant
            cell.count = 0
        cell.count += 1
        long_enough = cell.count >= comparator.lift_samples and instant - cell.start >= comparator.lift_dwell
        if long_enough or may & AT_ONCE:
            cell.raised = False
            cell.quit_run()

    def rank(self) -> int:
        """Of the gravest level raised; of one that is not idle."""
        return next((rank for rank, combine, members in self.ladder.groups if self._holds(combine, members)), NONE)

    def _holds(self, combine: Combine, members: range) -> bool:
        raised = (self.cells[member].raised for member in members)
        return any(raised) if combine is Combine.ANY else all(raised)

    def hold(self, rank: int, since: int) -> None:
        """Stands as though raised to that level since then, or to the mildest there is where none is as mild.

        What is raised already stays as it is. From there on the ladder's own conditions lift it.
        """
        if self.idle:
            self.cells = [Cell() for _ in self.ladder.comparators]
            self.last_raise = self.last_lift = None
        mildest = self.ladder.groups[-1][0]
        for own, _, members in self.ladder.groups:
            for cell in (self.cells[member] for member in members if own <= max(rank, mildest)):
                if not cell.raised:
                    cell.quit_run()
                    cell.raised, cell.held = True, since
        self.idle = False

    def onset(self, rank: int) -> int:
        """Since when that raised level holds: for `all_of`, since the last of its conditions began."""
        return min(
            self._since(combine, members)
            for own, combine, members in self.ladder.groups
            if own == rank and self._holds(combine, members)
        )

    def _since(self, combine: Combine, members: range) -> int:
        held = [self.cells[member].held for member in members if self.cells[member].raised]
        return min(held) if combine is Combine.ANY else max(held)

    def compared(self, rank: int, value: float, *, unit: str, lifting: bool) -> str:
        """What made that level come or go at that value, as it reads after it: `> 150 ug/m3 for 24h`."""
        # a level that the rule, since it was changed, has no more is judged by the next milder one there is
        ranks = [own for own, *_ in self.ladder.groups]
        there = next((own for own in ranks if own <= rank), ranks[-1])
        groups = [(combine, members) for own, combine, members in self.ladder.groups if own == there]
        if lifting:
            said = [self._compared(*group, value, unit=unit, lifting=True) for group in groups]
            return " and ".join(dict.fromkeys(said))
        holding = [group for group in groups if self.cells and self._holds(*group)]
        return self._compared(*(holding or groups)[0], value, unit=unit, lifting=False)

    def _compared(self, combine: Combine, members: range, value: float, *, unit: str, lifting: bool) -> str:
        comparators = [self.ladder.comparators[member] for member in members]
        past = [one for one in comparators if self._past(value * self.ladder.sign, one, lifting=lifting)]
        raised = [] if lifting else [one for one, cell in self._with_cells(members) if cell.raised]
        sentences = (
            self.ladder.sentence(comparator.condition, unit=unit, lifting=lifting)
            for comparator in raised or past or comparators
        )
        # all of an `any` have to go, and all of an `all` to come; else one is enough
        together = (combine is Combine.ANY) is lifting
        return (" and " if together else " or ").join(dict.fromkeys(sentences))

    def _with_cells(self, members: range) -> list[tuple[Comparator, Cell]]:
        """The comparators that are anywhere at all; none while idle."""
        return [(self.ladder.comparators[member], self.cells[member]) for member in members if self.cells]

    def _past(self, turned: float, comparator: Comparator, *, lifting: bool) -> bool:
        if lifting:
            return not (turned > comparator.lift_at or (turned == comparator.lift_at and self.ladder.inclusive))
        return turned > comparator.raise_at or (turned == comparator.raise_at and self.ladder.inclusive)

    def copy(self) -> LadderState:
        twin = LadderState.__new__(LadderState)
        twin.ladder = self.ladder
        twin.cells = [cell.copy() for cell in self.cells]
        twin.last_raise = self.last_raise
        twin.last_lift = self.last_lift
        twin.idle = self.idle
        return twin

    def dump(self) -> list[Any]:
        """What `load` takes, as plain data."""
        cells = [[cell.raised, cell.start, cell.count, cell.held] for cell in self.cells]
        return [self.last_raise, self.last_lift, cells]

    def load(self, state: Sequence[Any]) -> None:
        self.last_raise, self.last_lift, cells = state
        self.cells = [Cell(raised=raised, start=start, count=count, held=held) for raised, start, count, held in cells]
        self.idle = not self.cells
