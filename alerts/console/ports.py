"""What the console needs of warnings. `alerts.runner.Alerting` satisfies it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from alerts.model import PollutionWarning
from alerts.views import CaseView, WarningView


class Desk(Protocol):
    """Where warnings are read and answered. Calls may wait for the journal's disk.

    The commands journal and notify before they return, and may be repeated: an answer already given is refused or
    recorded again, never lost. They raise `UnknownWarningError`, `NotAllowedError` and `JournalError`.
    """

    async def warnings(self, *, open_only: bool = False, limit: int = 200) -> list[WarningView]:
        """Newest first."""
        ...

    async def warning(self, warning_id: str) -> WarningView:
        """Raises `UnknownWarningError`."""
        ...

    async def cases(self, *, station: str | None = None, limit: int = 200) -> list[CaseView]:
        """Days of outfalls above their limits, the newest first; of one station or of all."""
        ...

    async def acknowledge(self, warning_id: str, *, person: str, reason: str = "") -> PollutionWarning:
        """A person has seen it: a record, not a state."""
        ...

    async def issue(self, warning_id: str, *, person: str, reason: str = "") -> PollutionWarning:
        """A proposal becomes a warning."""
        ...

    async def dismiss(self, warning_id: str, *, person: str, reason: str = "") -> PollutionWarning:
        """A proposal is not issued."""
        ...

    async def lift(self, warning_id: str, *, person: str, reason: str = "") -> PollutionWarning:
        """An issued warning ends."""
        ...

    def subscribe(self) -> AsyncIterator[int]:
        """A growing revision each time something changed; several changes may come as one."""
        ...
