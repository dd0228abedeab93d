"""What an error says of room: the one place that knows how a full disk shows."""

from __future__ import annotations

import errno
import sqlite3

from ingest.errors import LogFullError
from ingest.retention import Shortage

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # the last: a limit on the size of files


def shortage_of(error: BaseException) -> Shortage | None:
    """Which shortage is behind it, if one is; errors that were raised from it count."""
    cause: BaseException | None = error
    while cause is not None:
        match cause:
            case LogFullError():
                return cause.why
            case sqlite3.Error() if getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                return Shortage.DISK
            case OSError() if cause.errno in _FULL:
                return Shortage.DISK
            case _:
                cause = cause.__cause__
    return None
