"""What can go wrong here.

AlertsError
├── ConfigurationError   every problem of the files at once, with file, line and path
├── JournalError         state.db cannot be read or written
│   └── OutboxMoveError  the notification is not where that move starts
├── UnknownWarningError  no warning of that id
├── NotAllowedError      the life of a warning has no such step from where it stands
│   └── UnknownPersonError   nobody of that id may act
├── UnusableFileError    a file of data cannot be worked on as asked; the message says where and the way out
├── SecretError          a secret is not where the configuration says
└── ChannelError         a message was not taken by its channel
    ├── ChannelUnavailableError   not now: try again, not before `retry_after`
    └── ChannelRefusedError       not ever: the same message would be refused again
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta
    from pathlib import Path


class AlertsError(Exception):
    """Base of this package's errors."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a configuration file."""

    file: Path
    line: int  # 1-based; 0 where the file as a whole is meant
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


class ConfigurationError(AlertsError):
    """The configuration cannot be used; `problems` says everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class JournalError(AlertsError):
    """The journal could not be read or written."""


class OutboxMoveError(JournalError):
    """The notification is not where that move starts: another has made it."""


class UnknownWarningError(AlertsError):
    """No warning of that id."""

    def __init__(self, warning: str) -> None:
        self.warning = warning
        super().__init__(f"no warning {warning!r}")


class NotAllowedError(AlertsError):
    """That step does not exist from where the warning stands."""


class UnknownPersonError(NotAllowedError):
    """Nobody of that id in `people.yaml` may act."""

    def __init__(self, person: str) -> None:
        self.person = person
        super().__init__(f"nobody of id {person!r} may act")


class UnusableFileError(AlertsError):
    """A file of data cannot be worked on as asked; the text names file, line and the way out."""


class SecretError(AlertsError):
    """A secret is not where the configuration says, or is empty. Never holds the secret."""


class ChannelError(AlertsError):
    """A message was not taken by its channel."""


class ChannelUnavailableError(ChannelError):
    """Not now. `retry_after` is what the channel asked for.

    `perhaps_delivered` says that the message may have arrived all the same (the answer did not).
    """

    def __init__(self, detail: str, *, retry_after: timedelta | None = None, perhaps_delivered: bool = False) -> None:
        self.retry_after = retry_after
        self.perhaps_delivered = perhaps_delivered
        super().__init__(detail)


class ChannelRefusedError(ChannelError):
    """Not ever: the same message would be refused again."""
