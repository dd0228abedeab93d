"""Generated secrets in one folder that only its owner can enter.

The folder's own mode (0700) closes them to everybody else on the machine. What lies in it can be read by whoever gets
at it, since docker hands single files and folders of it to containers, whose users have other numbers than ours. What
no container needs is closed as well.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import NamedTuple

from ingest.adapters.database import sync_folder

DEFAULT = Path("secrets")
_CLOSED, _OPEN = 0o700, 0o755
_OURS, _HANDED_ON = 0o600, 0o644
_BYTES = 32  # of randomness in a password


class Kept(NamedTuple):
    """A password, and whether it was made just now."""

    text: str
    made: bool


class SecretFolder:
    """`open` it first. Nothing that exists is replaced but by `write`, whose caller has looked."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> None:
        """Makes it, and closes it where it is open to others. Raises `OSError`."""
        self.path.mkdir(parents=True, exist_ok=True, mode=_CLOSED)
        self.path.chmod(_CLOSED)

    def folder(self, name: str, *, handed_on: bool = True) -> Path:
        """A folder in it. Raises `OSError`."""
        made = self.path / name
        made.mkdir(exist_ok=True)
        made.chmod(_OPEN if handed_on else _CLOSED)
        return made

    def password(self, name: str) -> Kept:
        """The one of that name, made where there is none. Raises `OSError`, also where it is empty."""
        path = self.path / name
        known = self.known(name)
        if known is not None:
            return Kept(known, made=False)
        text = secrets.token_urlsafe(_BYTES)
        write_whole(path, f"{text}\n")
        return Kept(text, made=True)

    def known(self, name: str) -> str | None:
        """The password of that name; None where there is none. Raises `OSError`, also where it is empty."""
        path = self.path / name
        try:
            text = path.read_text(encoding="utf-8").rstrip("\r\n")
        except FileNotFoundError:
            return None
        if not text or not text.isprintable():
            message = f"{path} holds no password: put one line into it, or remove it to have one made"
            raise OSError(message)
        return text


def write_whole(path: Path, text: str, *, handed_on: bool = True) -> None:
    """Beside, synced, then renamed over what was there; nobody else reads it before. Raises `OSError`."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OURS)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fchmod(file.fileno(), _HANDED_ON if handed_on else _OURS)
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)
