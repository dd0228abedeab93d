"""Recorded data for tests, which the repository does not hold: `CLEARWARN_DATA`, or `../shared/data` beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.district import ROOT


def recorded(name: str) -> Path:
    """That file, or a skip that says where it was looked for."""
    folder = Path(os.environ.get("CLEARWARN_DATA") or ROOT.parent / "shared" / "data")
    found = sorted(folder.glob(name))
    if not found:
        pytest.skip(f"no recorded data {name} in {folder} (set CLEARWARN_DATA)")
    return found[0]
