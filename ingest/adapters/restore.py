"""A backup into a data folder in which no service works. Nothing that is there is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from ingest.adapters.copying import Progress, copy_file
from ingest.adapters.database import sync_folder
from ingest.adapters.sole_use import sole_use
from ingest.errors import BackupError
from ingest.manifest import CHECKPOINT, FILE, INTAKE, Copied, Manifest

_STAGE = ".restoring"
_LOCK = "lock"  # `sole_use` has just made it


def manifest_of(backup: Path) -> Manifest:
    """Raises `BackupError` where there is none, or none that this version reads."""
    try:
        return Manifest.model_validate_json((backup / FILE).read_bytes())
    except OSError as error:
        message = f"{backup}: no backup of ours: {FILE} cannot be read ({error.strerror})"
        raise BackupError(message) from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        message = f"{backup / FILE} is damaged, or of another version: {problems}"
        raise BackupError(message) from error


def restore(backup: Path, data: Path, *, replace: bool, said: Progress) -> Path | None:
    """Where what was there before is now; None where nothing was. Raises `BackupError`, `FolderInUseError`, `OSError`.

    Every file is read and held against its hash before anything is moved.
    """
    manifest = manifest_of(backup)
    with sole_use(data):
        present = [path for path in data.iterdir() if path.name not in {_LOCK, _STAGE}]
        if present and not replace:
            message = f"{data} is not empty; --replace sets aside what is there"
            raise BackupError(message)
        stage = data / _STAGE
        _empty(stage)
        (stage / INTAKE).mkdir(parents=True)
        for file in manifest.files:
            _staged(backup, stage, file, said)
        aside = None
        if present:
            aside = data / f".before-restore-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
            aside.mkdir(mode=0o700)
            for path in present:
                path.rename(aside / path.name)
        # The log first and the checkpoint last: cut off between, nothing speaks of what is not there.
        ranks: Mapping[str, int] = {INTAKE: 0, CHECKPOINT: 2}
        for path in sorted(stage.iterdir(), key=lambda path: (ranks.get(path.name, 1), path.name)):
            path.rename(data / path.name)
        stage.rmdir()
        sync_folder(data)
        return aside


def _staged(backup: Path, stage: Path, file: Copied, said: Progress) -> None:
    source = backup / file.path
    try:
        digest = copy_file(source, stage / file.path, said)
    except FileNotFoundError as error:
        message = f"{source} is missing from the backup; nothing was changed"
        raise BackupError(message) from error
    if digest != file.sha256:
        message = f"{source} is not what it was when the backup was taken; nothing was changed"
        raise BackupError(message)


def _empty(stage: Path) -> None:
    """What an earlier attempt left."""
    for path in sorted(stage.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
