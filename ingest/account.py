"""What came of a run of the service."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.views import WarningView
from ingest.ledger import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What came of a run: the ledger, every warning, how many notifications."""

    ledger: Entry
    waiting: int
    warnings: tuple[WarningView, ...]
    notifications: int
