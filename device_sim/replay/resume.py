"""The resume point of a replay: how far the broker has acknowledged it, in a file."""

from __future__ import annotations

import json
from pathlib import Path

from device_sim.errors import ReplayError


class ResumePoint:
    """A file beside nothing, named by the user. Without one (`file` None) nothing is remembered."""

    def __init__(self, *, file: Path | None, fingerprint: str) -> None:
        self._file = file
        self._fingerprint = fingerprint

    def read(self) -> int:
        """Steps that need not be sent again. Raises `ReplayError` where the file is of another replay."""
        if self._file is None or not self._file.exists():
            return 0
        try:
            state = json.loads(self._file.read_text(encoding="utf-8"))
            fingerprint, done = state["fingerprint"], int(state["steps"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ReplayError(f"{self._file}: is no resume point; remove it to start from the beginning") from error
        if fingerprint != self._fingerprint:
            raise ReplayError(f"{self._file}: belongs to other files or options; remove it to start from the beginning")
        return done

    def write(self, steps: int) -> None:
        """Whole or not at all, also when we are killed meanwhile."""
        if self._file is None:
            return
        new = self._file.with_name(self._file.name + ".new")
        try:
            new.write_text(json.dumps({"fingerprint": self._fingerprint, "steps": steps}) + "\n", encoding="utf-8")
            new.replace(self._file)
        except OSError as error:
            raise ReplayError(f"{self._file}: cannot be written: {error.strerror}") from error
