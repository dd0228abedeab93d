"""Rule kind `joint`: several parameters of a station that change unusually at once, though none of them alone does.

What it compares is the norm of the scores that a rule of kind `change` works out for each parameter, at one instant.
Where one of them passes its own figure that rule speaks, and such an instant is no evidence here, either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from alerts.beside import Beside, Joined
from alerts.index_names import JOINT_CHANGE
from alerts.model import Level, Place
from alerts.rules.ladder import Ladder, LadderState
from alerts.rules.levels import Levels, check_lifts
from alerts.rules.rule import RULE_ID, Calm, JudgedRule, Lens
from alerts.windows import TO_LIFT, Seen

_UNIT = "times what is usual here"


class JointRule(JudgedRule):
    """`of` is the entry of kind `change`; a score below `floor` is ordinary and counts for nothing."""

    kind: Literal["joint"]
    of: str = Field(pattern=RULE_ID)
    floor: float = Field(default=3.0, ge=0, strict=True)
    levels: Levels

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        check_lifts(self.levels, "above")
        if self.select.per == "area" or self.select.parameter != (JOINT_CHANGE,):
            raise ValueError(f"select: what changes together is a station's `parameter: {JOINT_CHANGE}`")
        if self.mildest <= self.floor:
            raise ValueError(f"levels: {self.mildest:g} is not above the floor {self.floor:g}")
        return self

    @property
    def mildest(self) -> float:
        """The least joint score that raises."""
        return min(condition.raise_ for level in self.levels.values() for condition in level.conditions)

    @property
    def grades(self) -> tuple[Level, ...]:
        return tuple(sorted(self.levels, key=lambda level: level.rank))

    @property
    def of_what(self) -> str:
        return self.of

    @property
    def names(self) -> Sequence[tuple[str, str]]:
        return [("of", self.of)]

    def lens(self, place: Place) -> Lens | None:  # noqa: ARG002  without the parameters there is nothing to see
        return None

    def through(self, place: Place, beside: Beside) -> Lens | None:
        return self.lens(place) if beside.joined is None else Together(rule=self, joined=beside.joined)

    def ladder(self, interval: int) -> Ladder:
        return Ladder(levels=self.levels, direction="above", inclusive=False, max_gap=self.gap_of(interval))

    def calm(self, place: Place, ladder: Ladder) -> Calm:  # noqa: ARG002  the same everywhere
        return Calm(-1.0, ladder.mildest)

    def inequality(self, *, value: float, state: LadderState, rank: int, lifting: bool, place: Place) -> str:  # noqa: ARG002
        """For example `together 15.4 > 15 times what is usual here, 2 samples`."""
        return f"together {value:.3g} {state.compared(rank, value, unit=_UNIT, lifting=lifting)}"


class Together:
    """The norm as it is. It lifts only where all that made it great have spoken: silence is no good news."""

    __slots__ = ("_joined", "_parts", "_rule")
    over = 0

    def __init__(self, *, rule: JointRule, joined: Joined) -> None:
        self._rule = rule
        self._joined = joined
        self._parts: frozenset[str] = frozenset()  # of the last instant beyond the mildest level

    def see(self, instant: int, value: float, may: int) -> Seen | None:
        """The joint score; nothing where one parameter alone is enough."""
        if self._joined.alone(instant):
            return None
        scores = self._joined.at(instant)
        if value > self._rule.mildest:
            self._parts = frozenset(name for name, score in scores.items() if score >= self._rule.floor)
        return value, may if self._parts <= scores.keys() else may & ~TO_LIFT

    def says(self, instant: int) -> str:
        """The scores, that of the decisive parameter first: `cond 11.2, ph 9.8`."""
        scores = sorted(self._joined.at(instant).items(), key=lambda one: (-one[1], one[0]))
        return ", ".join(f"{name} {score:.3g}" for name, score in scores)

    def copy(self) -> Self:
        twin = type(self)(rule=self._rule, joined=self._joined)
        twin._parts = self._parts  # noqa: SLF001  of the same class
        return twin

    def dump(self) -> list[Any]:
        """What `load` takes, as plain data."""
        return sorted(self._parts)

    def load(self, state: Sequence[Any]) -> None:
        """Takes what `dump` gave."""
        self._parts = frozenset(state)
