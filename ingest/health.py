"""How the service is: which of its parts are in trouble, since when, and whether it is ready. Pure state, logged once.

First failure, silence while it lasts, recovery with its length.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_log = logging.getLogger(__name__)


class Trouble(StrEnum):
    """A part that can be in trouble."""

    LOG = "intake log"
    BOOKS = "ledger"
    JOURNAL = "journal"
    STORE = "store"
    CHECKPOINT = "checkpoint"
    PAST = "past"  # which is to be read back from the store


@dataclass(frozen=True, slots=True)
class Degraded:
    """What is wrong with a part, and since when (the service's clock); `lasting` where only a person can help."""

    since: datetime
    message: str
    lasting: bool = False


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

    def trouble(self, part: Trouble, message: str, *, lasting: bool = False) -> None:
        """That part fails. Said again where it now turns out that waiting will not help."""
        before = self._troubles.get(part)
        if before is None or (lasting and not before.lasting):
            self._troubles[part] = Degraded(before.since if before else self._now(), message, lasting)
            _log.log(logging.CRITICAL if lasting else logging.ERROR, "degraded: %s: %s", part, message)

    def well(self, part: Trouble) -> None:
        """That part works."""
        before = self._troubles.pop(part, None)
        if before is not None:
            _log.warning("%s works again after %s", part, self._now() - before.since)
