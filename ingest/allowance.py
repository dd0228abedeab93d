"""How fast something may go on: so many a minute, with as many at once. Pure; time is an argument."""

from __future__ import annotations


class Allowance:
    """A minute's worth may come at once; then each waits for its share. Seconds of any clock that only goes on."""

    __slots__ = ("_granted_until", "_share")

    def __init__(self, a_minute: int) -> None:
        self._share = 60.0 / a_minute
        self._granted_until = 0.0

    def wait(self, now: float) -> float:
        """Takes one, and says how many seconds it has to wait."""
        self._granted_until = max(self._granted_until, now) + self._share
        return max(0.0, self._granted_until - now - 60.0)
