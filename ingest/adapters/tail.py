"""The newest outcomes of the intake log, as they were written: who follows closely need not read them back.

Only what is in the log already, and a bounded part of it: who is further behind reads the log. Single-threaded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

from ingest.flagged import Flagged

HELD = (
    10_000  # outcomes: two batches of the store's; some 15 MB while the store lags, next to nothing while it does not
)


class Tail:
    """All outcomes after a position; `append` and `after` move it on."""

    def __init__(self, *, most: int = HELD) -> None:
        self._most = most
        self._held: deque[Flagged] = deque()
        self._since: int | None = None  # all later ones are held; None before anything was written

    def append(self, flagged: Sequence[Flagged], *, before: int) -> None:
        """Outcomes that are on disk now; `before` is the position of the newest one until then."""
        if self._since is None:
            self._since = before
        self._held.extend(flagged)
        while len(self._held) > self._most:
            self._since = self._held.popleft().position

    def after(self, position: int, limit: int) -> Sequence[Flagged] | None:
        """The next outcomes, at most `limit`; None where the log has to be asked. Those up to `position` are let go."""
        if self._since is None or position < self._since:
            return None
        held = self._held
        while held and held[0].position <= position:
            held.popleft()
        self._since = position
        return [*islice(held, limit)]
