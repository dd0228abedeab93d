"""How the service is: which of its parts are in trouble, since when, and whether it is ready. Pure state, logged once.

First failure, silence while it lasts, recovery with its length.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ingest.retention import Shortage

_log = logging.getLogger(__name__)


class Trouble(StrEnum):
    """A part that can be in trouble."""

    LOG = "intake log"
    BOOKS = "ledger"
    JOURNAL = "journal"
    STORE = "store"
    CHECKPOINT = "checkpoint"
    RETENTION = "retention of the intake log"
    PAST = "past"  # which is to be read back from the store


@dataclass(frozen=True, slots=True)
class Degraded:
    """What is wrong with a part, since when (the service's clock), and whether for want of room.

    `lasting` where only a person can help.
    """

    since: datetime
    message: str
    shortage: Shortage | None = None
    lasting: bool = False

    @property
    def state(self) -> str:
        """In the fewest words: `degraded`, `degraded: disk full`."""
        return f"degraded: {self.shortage}" if self.shortage else "degraded"


class Health:
    """Collects what the parts say of themselves."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._troubles: dict[Trouble, Degraded] = {}
        self.recovered = False  # the log was walked to its end

    @property
    def troubles(self) -> Mapping[Trouble, Degraded]:
        """What is wrong now."""
        return self._troubles

    @property
    def state(self) -> str:
        """Of the whole: `ok`, or the gravest of what its parts say."""
        states = {trouble.state for trouble in self._troubles.values()}
        graver = (f"degraded: {shortage}" for shortage in Shortage)
        return next((state for state in (*graver, "degraded") if state in states), "ok")

    def trouble(self, part: Trouble, message: str, shortage: Shortage | None = None, *, lasting: bool = False) -> None:
        """That part fails, for want of room if it is said so. Said again where more is known of why, or that waiting
        will not help.
        """
        before = self._troubles.get(part)
        if (
            before is None
            or (shortage is not None and before.shortage is not shortage)
            or (lasting and not before.lasting)
        ):
            told = f"{shortage}: {message}" if shortage else message
            now = Degraded(before.since if before else self._now(), told, shortage, lasting)
            self._troubles[part] = now
            _log.log(logging.CRITICAL if lasting else logging.ERROR, "%s: %s: %s", now.state, part, message)

    def well(self, part: Trouble) -> None:
        """That part works."""
        before = self._troubles.pop(part, None)
        if before is not None:
            _log.warning("%s works again after %s", part, self._now() - before.since)
