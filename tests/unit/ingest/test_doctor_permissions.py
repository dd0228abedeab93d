"""`doctor` on secrets that others may read: also a folder above may close them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.doctor import Verdict, _permissions
from ingest.settings import ServiceSettings


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user of this machine may enter."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.mark.parametrize(
    ("folder", "file", "verdict"),
    [(0o755, 0o644, Verdict.REMARK), (0o755, 0o600, Verdict.OK), (0o700, 0o644, Verdict.OK)],
)
def test_secret_is_open_where_others_can_get_at_it(public: Path, folder: int, file: int, verdict: Verdict) -> None:
    """As `make secrets` leaves them: readable within a folder that only its owner enters."""
    secrets = public / "secrets"
    secrets.mkdir()
    (secrets / "password").write_text("s3cret", encoding="utf-8")
    (secrets / "password").chmod(file)
    secrets.chmod(folder)
    settings = ServiceSettings.model_validate(
        {"data": public / "nowhere", "broker": {"password_file": secrets / "password"}}
    )
    assert [finding.verdict for finding in _permissions(settings)] == [verdict]
