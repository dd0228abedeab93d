"""Measurement `ledger`: accounts that changed are written to the store again, the same point each.

Now and then, on its own: readings never wait for it. What the store has not got is marked in the books, so that
neither a store that is down nor a restart leaves a gap.
"""

from __future__ import annotations

import asyncio
import logging

from ingest.errors import LogUnavailableError, StoreError, StorePermanentError, StoreRefusedError
from ingest.ports import LedgerBooks, ReadingStore

EVERY = 60.0  # seconds: an hour's account is written some sixty times, each a point the size of a reading
_AT_ONCE = 1000  # accounts in one call of the store: all stations of an hour, as a rule
_log = logging.getLogger(__name__)


class LedgerWriter:
    """One loop."""

    def __init__(self, *, books: LedgerBooks, store: ReadingStore, every: float = EVERY) -> None:
        self._books = books
        self._store = store
        self._every = every

    async def run(self) -> None:
        """Forever."""
        while True:
            await self.write()
            await asyncio.sleep(self._every)

    async def write(self) -> None:
        """All that changed; where books or store cannot be used now, the rest stays for the next time.

        Whoever writes readings tells of a store in trouble, once for both.
        """
        try:
            while entries := await self._books.unwritten(_AT_ONCE):
                try:
                    await self._store.write_ledger(entries)
                except StoreRefusedError as error:  # an hour beyond the retention, say: the books have it
                    _log.warning("accounts of the ledger are refused by the store: %s", error)
                await self._books.written(entries)
                if len(entries) < _AT_ONCE:
                    return
        except StorePermanentError as error:  # its bucket may not be that of the readings: nobody else would tell
            _log.warning("the ledger is not written to the store until a person acts: %s", error)
        except (LogUnavailableError, StoreError) as error:
            _log.debug("the ledger is not written to the store now: %s", error)
