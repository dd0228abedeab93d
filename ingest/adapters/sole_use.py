"""One service to a data folder: two would give the same positions to different deliveries."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import FolderInUseError


@contextmanager
def sole_use(folder: Path) -> Iterator[None]:
    """Holds the folder while the block lasts; the kernel lets go of it however the process ends.

    Raises `FolderInUseError` where another process holds it, `OSError` where it cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderInUseError(folder) from error
        yield
