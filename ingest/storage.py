"""The store that the settings name."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import assert_never

from ingest.adapters.influx_store import InfluxStore
from ingest.adapters.sqlite_store import SqliteStore
from ingest.ports import ReadingStore
from ingest.settings import InfluxSettings, SqliteSettings
from ingest.writer import BATCH

# Into a file: every series grows at a page of its own, and a batch writes each of those once, however much it brings.
_BATCH, _WITHIN = 4 * BATCH, timedelta(seconds=1)


def storage(settings: SqliteSettings | InfluxSettings, folder: Path) -> AbstractAsyncContextManager[ReadingStore]:
    """To be opened with `async with`; a file lies in `folder`."""
    match settings:
        case SqliteSettings():
            return SqliteStore(path=folder / settings.file)
        case InfluxSettings():
            return InfluxStore(address=settings.address())
        case _:
            assert_never(settings)


def gathering(settings: SqliteSettings | InfluxSettings) -> tuple[int, timedelta]:
    """How many deliveries make a batch, and how long fewer wait for others."""
    match settings:
        case SqliteSettings():
            return _BATCH, _WITHIN
        case InfluxSettings():
            return settings.batch, settings.batch_within
        case _:
            assert_never(settings)
