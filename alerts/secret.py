"""Where a secret is, and reading it from there. Secrets never stand in configuration files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from alerts.errors import SecretError


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSource:
    """An environment variable's name, or a file."""

    env: str | None = None
    file: Path | None = None

    def read(self, environment: Mapping[str, str]) -> str:
        """The secret without the line's end. Raises `SecretError`, which never holds the secret itself."""
        if self.file is not None:
            try:
                secret = self.file.read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                raise SecretError(f"secret file {self.file} cannot be read") from error
        else:
            secret = environment.get(self.env or "", "")
        if not secret:
            raise SecretError(f"secret {self.file or self.env} is empty or not set")
        return secret
