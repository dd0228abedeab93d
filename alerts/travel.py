"""How long the water takes from a monitor upstream to the intake: the earliest and the latest arrival. Pure.

Times are in microseconds. t = L / u; the fastest velocity that has to be reckoned with gives the earliest arrival, the
slowest the latest (STANDARDS 5.5, from memory: a range is cautious where one velocity would be a guess).
"""

from __future__ import annotations

from dataclasses import dataclass

from alerts.moments import ZONE, from_micros, offset, wall

HOUR = 3_600_000_000
VELOCITY = "velocity"  # the parameter, m/s


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The water from a monitor to an intake: km along it, m/s from the slowest to the fastest.

    `gauge` is the station that measures how fast it runs, empty where none does; `alerts.current` says what then
    counts. The front is reckoned `front` times as fast as what is measured, the tail `tail` times as slow; `stale`
    microseconds after a measurement nobody knows any more. `said`: where the velocities come from.
    """

    intake: str
    distance_km: float
    slow: float
    fast: float
    gauge: str = ""
    front: float = 1.3  # STANDARDS 5.5: 1.3 x u as a cautious speed of the front [E]
    tail: float = 1.3  # the same the other way round [E]
    stale: int = HOUR  # [E]
    said: str = "as configured"

    @property
    def earliest(self) -> int:
        """Travel time at the fastest."""
        return round(self.distance_km * 1e9 / self.fast)

    @property
    def latest(self) -> int:
        """Travel time at the slowest."""
        return round(self.distance_km * 1e9 / self.slow)

    def forecast(self, front: int) -> str:
        """When what passed the monitor at `front` reaches the intake, as a sentence."""
        first, last = (wall(front + travel) for travel in (self.earliest, self.latest))
        return (
            f"reaches {self.intake} between {first} and {last} {offset(from_micros(front), ZONE)}"
            f" ({self.distance_km:g} km at {self.fast:.3g} to {self.slow:.3g} m/s {self.said})"
        )
