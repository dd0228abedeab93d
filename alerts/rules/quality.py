"""Rule kind `quality`: samples in a row that intake gave one of certain reasons, such as `flat_line`."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from alerts.model import Level, Place
from alerts.rules.ladder import Ladder, LadderState
from alerts.rules.levels import Condition, LevelSettings
from alerts.rules.rule import ALL_CALM, MARKED, Calm, JudgedRule, Lens
from alerts.windows import TO_LIFT, TO_RAISE, Seen


def _listed(given: object) -> object:
    return (given,) if isinstance(given, str) else given


class QualityRule(JudgedRule):
    """`samples` distinct ones in a row with one of `reasons` raise `level`; as many without it lift.

    A sample that carries the reason counts whatever its flag; one without it counts only where its flag is accepted to
    lift: a fault of another kind is no sign of health.
    """

    kind: Literal["quality"]
    reasons: Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]
    samples: int = Field(default=3, ge=1, strict=True)
    lift_samples: int | None = Field(default=None, ge=1, strict=True)
    level: Level = Level.BLUE

    @model_validator(mode="after")
    def _per_station(self) -> Self:
        if self.select.per == "area":
            raise ValueError("select.per: quality is judged per station")
        return self

    @property
    def grades(self) -> tuple[Level, ...]:
        return (self.level,)

    @cached_property
    def watched(self) -> frozenset[str]:
        """The reasons whose samples are marked."""
        return frozenset(self.reasons)

    @cached_property
    def may(self) -> bytes:
        """Marked samples may raise; unmarked ones, where `accept_to_lift` has their flag, lift and end a row."""
        table = bytearray(TO_RAISE | TO_LIFT if byte & TO_LIFT else 0 for byte in super().may)
        for code in range(MARKED, 2 * MARKED):
            table[code] = TO_RAISE
        return bytes(table)

    def lens(self, place: Place) -> Lens | None:  # noqa: ARG002  the same everywhere
        return Mark()

    def ladder(self, interval: int) -> Ladder:
        condition = Condition(raise_=1, lift=1, samples=self.samples, lift_samples=self.lift_samples or self.samples)
        return Ladder(
            levels={self.level: LevelSettings(any_of=(condition,))},
            direction="above",
            inclusive=True,
            max_gap=self.gap_of(interval),
        )

    def calm(self, place: Place, ladder: Ladder) -> Calm:  # noqa: ARG002  only marks move it
        return ALL_CALM

    def inequality(self, *, value: float, state: LadderState, rank: int, lifting: bool, place: Place) -> str:  # noqa: ARG002
        """For example `3 samples of ph in a row flagged flat_line`."""
        count = (self.lift_samples or self.samples) if lifting else self.samples
        flagged = f"{'not ' if lifting else ''}flagged {' or '.join(self.reasons)}"
        return f"{count} samples of {self.parameter} in a row {flagged}"


class Mark:
    """1 for a sample that carries the reason, 0 for one that does not."""

    __slots__ = ()
    over = 0

    def see(self, instant: int, value: float, may: int) -> Seen | None:  # noqa: ARG002  the signature of a lens
        return (0.0 if may & TO_LIFT else 1.0), may

    def copy(self) -> Self:
        return self  # it remembers nothing

    def dump(self) -> list[object]:
        return []

    def load(self, state: object) -> None:
        """Nothing to take."""
