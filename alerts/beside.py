"""What bears on a place beside its own samples: forecasts, velocities on the way, other parameters. Pure.

Asked only where a sample makes it matter, and answered from what is in memory then, whatever the order it came in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from alerts.current import Current
from alerts.deviation import Ear
from alerts.outlook import Outlook


class Agreed(NamedTuple):
    """What a second parameter said, and when (microseconds)."""

    said: str  # `codmn 7.2 > 6 mg/L`
    instant: int


class Second(Protocol):
    """The other parameters of a station that a rule may be confirmed by."""

    def nearest(self, instant: int) -> Agreed | None:
        """Of what agrees with an exceedance at that instant the nearest in time; None where nothing does."""
        ...


class Joined(Protocol):
    """The scores of a station's parameters, by which they change together."""

    def at(self, instant: int) -> Mapping[str, float]:
        """By parameter."""
        ...

    def alone(self, instant: int) -> bool:
        """Whether one of them passes its own figure."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Of one place: an area's forecasts, a reach's velocities, and `second` by the id of the rule that asks."""

    outlook: Outlook | None = None
    current: Current | None = None
    second: Callable[[str], Second | None] = lambda _: None
    ear: Callable[[str], Ear | None] = lambda _: None  # by the rule that is listened to
    joined: Joined | None = None


NOTHING = Beside()
