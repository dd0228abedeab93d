"""An outage is told twice: when it begins and when it ends, with its length."""

from __future__ import annotations

from datetime import datetime, timedelta


class Outage:
    """Of one thing that can fail: the journal, a channel."""

    def __init__(self) -> None:
        self._since: datetime | None = None

    def began(self, at: datetime) -> bool:
        """Notes a failure; True for the first of an outage."""
        if self._since is not None:
            return False
        self._since = at
        return True

    def ended(self, at: datetime) -> timedelta | None:
        """Notes a success; the outage's length for the first after one, else None."""
        since, self._since = self._since, None
        return None if since is None else at - since
