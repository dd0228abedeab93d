"""What tests read and the repository does not hold: recorded data and the project's notes on standards.

Data lies in `CLEARWARN_DATA`, or `../shared/data` beside the repository; notes in `CLEARWARN_STANDARDS`, or
`../shared/standards`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.district import ROOT


def recorded(name: str) -> Path:
    """That file of data, or a skip that says where it was looked for."""
    return _found(name, "data", "CLEARWARN_DATA")


def noted(name: str) -> Path:
    """That file of the notes on standards, or a skip that says where it was looked for."""
    return _found(name, "standards", "CLEARWARN_STANDARDS")


def _found(name: str, folder: str, variable: str) -> Path:
    place = Path(os.environ.get(variable) or ROOT.parent / "shared" / folder)
    found = sorted(place.glob(name))
    if not found:
        pytest.skip(f"no {name} in {place} (set {variable})")
    return found[0]
