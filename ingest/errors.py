"""What can go wrong here.

IngestError
├── BrokerError            the broker refused us or cannot be reached: tried again
├── LogUnavailableError    the intake log cannot be written now: nothing is settled, tried again
│   └── LogFullError            the disk is full, or the log's quota
├── StoreError
│   ├── StoreUnavailableError   try again, after `retry_after` where it is known
│   ├── StoreRefusedError       the points at `indexes` are refused for good, the rest may be written
│   └── StorePermanentError     nothing can be written until a person acts: the log keeps everything
├── LogBehindError         the intake log is empty though something was booked from it: it was taken away
├── NotRunningError        no Clearwarn works in the data folder, and the command needs one
├── StoppedError           asked to stop while still starting up
├── EndedByItselfError     a part of the running service ended though nobody asked it to: a defect
├── OrderRefusedError      the running service would not do what a command asked of it
├── FolderInUseError       another Clearwarn works in the data folder
├── NoBooksError           the data folder holds no ledger to read
├── BackupError            a backup cannot be taken, or what is to be restored is none
├── HandEditedError        a generated file was changed by a person: not overwritten without being told to
├── CertificateError       openssl is absent or would not, or a certificate is not what is wanted now
├── DatabaseTooOldError    a file was written by an earlier version, and is only read here
└── DatabaseTooNewError    a file was written by a later version of Clearwarn
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta
    from pathlib import Path

    from ingest.retention import Shortage


class IngestError(Exception):
    """Base of this package's errors."""


class BrokerError(IngestError):
    """The broker refused the connection or the subscription, or cannot be reached."""


class LogUnavailableError(IngestError):
    """The intake log cannot be written at the moment."""


class LogFullError(LogUnavailableError):
    """There is no room for more deliveries: neither on the disk, or not in the log's quota."""

    def __init__(self, why: Shortage, message: str) -> None:
        self.why = why
        super().__init__(message)


class LogBehindError(IngestError):
    """The log is empty, books or checkpoint are not: it was taken away, or its disk is not there."""

    def __init__(self, last: int, known: int) -> None:
        self.last, self.known = last, known
        super().__init__(
            f"the intake log ends at {last}, books and checkpoint know of {known}: restore the folder `intake`, "
            "or move books.db and checkpoint.json away to begin anew"
        )


class StoreError(IngestError):
    """Base of what a store says."""


class StoreUnavailableError(StoreError):
    """Not now."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class StoreRefusedError(StoreError):
    """Some of the batch is refused for good: index in the batch -> the store's reason."""

    def __init__(self, indexes: Mapping[int, str]) -> None:
        self.indexes = indexes
        super().__init__(f"{len(indexes)} refused: {next(iter(indexes.values()), '')}")


class StorePermanentError(StoreError):
    """The store will not take anything until a person acts (wrong token, no such bucket)."""


class NotRunningError(IngestError):
    """Nobody answers in this data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"{folder}: no Clearwarn runs on it; start it with `clearwarn serve`, or name its folder with --data"
        )


class OrderRefusedError(IngestError):
    """What was asked was not done; `facts` go with the message for programs."""

    def __init__(self, message: str, facts: Mapping[str, Any] | None = None) -> None:
        self.facts = facts or {}
        super().__init__(message)


class StoppedError(IngestError):
    """Somebody asked the service to stop before it had started."""


class EndedByItselfError(IngestError):
    """A part of the service ended before the service did. Standing still unnoticed is worse than starting again."""

    def __init__(self, names: str) -> None:
        super().__init__(f"ended by itself, which is a defect: {names}; nothing is lost, start again")


class FolderInUseError(IngestError):
    """Another process works in this data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"{folder}: another Clearwarn works in it; stop that one, or give this one --data of its own")


class DatabaseTooNewError(IngestError):
    """A database file is of a later version than this program knows."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        self.path, self.found, self.known = path, found, known
        super().__init__(f"{path}: written by a later Clearwarn (schema {found}, this one knows {known}); update first")


class DatabaseTooOldError(IngestError):
    """A database file is of an earlier version, and whoever reads it may not change it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path}: written by an earlier Clearwarn; start the service once, which brings it up to date")


class NoBooksError(IngestError):
    """No service has ever worked in that folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"{folder}: no books.db, so no service has worked there; name its folder with --data")


class HandEditedError(IngestError):
    """Files that we write hold what we did not write."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = tuple(paths)
        names = ", ".join(str(path) for path in paths)
        super().__init__(
            f"{names}: edited by hand, or not ours; nothing was written. Put the change into config/broker.yaml, "
            "or overwrite with --force"
        )


class CertificateError(IngestError):
    """A certificate could not be made, or the one that is there does not fit."""


class BackupError(IngestError):
    """A backup cannot be taken or put back; where it is put back, nothing was changed."""
