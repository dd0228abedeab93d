"""One service to a data folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.adapters.sole_use import sole_use
from ingest.errors import FolderInUseError


def test_sole_use_refuses_a_second_and_lets_go(tmp_path: Path) -> None:
    """A second service is told whose folder it is; after the first there is room again."""
    folder = tmp_path / "data"
    with sole_use(folder), pytest.raises(FolderInUseError, match="another Clearwarn"), sole_use(folder):
        pass
    with sole_use(folder):
        pass
