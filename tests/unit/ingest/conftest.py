"""For tests of intake."""

from __future__ import annotations

from functools import partial

import pytest

from ingest.backoff import Backoff


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying again without the wait."""
    monkeypatch.setattr("ingest.insist.Backoff", partial(Backoff, first=0.0001, most=0.001))
