"""What rules ask of a second parameter: that it exceeds its own figure as well, near enough in time.

One sample is enough then. Without it the rule waits for its samples in a row, as ever: a second parameter that is
silent, or good, neither raises nor lifts anything.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from alerts.beside import Agreed, Second
from alerts.durations import Duration
from alerts.windows import CONFIRMED, TO_RAISE, Seen


def _listed(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


class Agrees(BaseModel):
    """Entries of rules, of which one over another parameter of the station has to agree, at most `within` away.

    A rule over values agrees by a value beyond its mildest level, any other (`rate`, `change`, a mean) by being raised.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    with_: Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)] = Field(alias="with")
    within: Duration = Field(ge=timedelta(0))


class Corroborated:
    """The value as it is; one that exceeds counts as confirmed where a second parameter agrees."""

    __slots__ = ("_exceeds", "_second")
    over = 0

    def __init__(self, *, exceeds: Callable[[float], bool | None], second: Second) -> None:
        self._exceeds = exceeds
        self._second = second

    def see(self, instant: int, value: float, may: int) -> Seen | None:
        confirmed = may & TO_RAISE and self._exceeds(value) and self._second.nearest(instant) is not None
        return value, may | CONFIRMED if confirmed else may

    def agreed(self, instant: int) -> Agreed | None:
        """By what an exceedance at that instant is confirmed."""
        return self._second.nearest(instant)

    def copy(self) -> Self:
        return self  # it remembers nothing: the other series do

    def dump(self) -> list[Any]:
        return []

    def load(self, state: Any) -> None:
        """Nothing to take."""
