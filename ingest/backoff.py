"""How long to wait before trying again: capped exponential with full jitter. Pure; the one place it is worked out."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

# one for all: a new one costs more than what is mostly done at the first attempt
_CHANCE = random.Random()  # noqa: S311  no secret


@dataclass(slots=True)
class Backoff:
    """Seconds to wait, attempt after attempt. Jitter keeps a fleet from coming back all at once."""

    first: float = 0.5
    most: float = 30.0
    random: random.Random = field(default=_CHANCE)
    _attempt: int = 0

    def next(self) -> float:
        """The next wait: between half and the whole of `first` doubled each time, never above `most`."""
        whole = min(self.most, self.first * float(2 ** min(self._attempt, 32)))
        self._attempt += 1
        return whole * (0.5 + self.random.random() / 2)

    def reset(self) -> None:
        """It worked."""
        self._attempt = 0
