"""Measurement `warning`: what happened to warnings and rules is written to the store, from the journal, in its order.

On its own: readings never wait for it. The journal keeps what the store has not got, so that neither a store that is
down nor a kill leaves a gap; what is written twice is the same point.
"""

from __future__ import annotations

import asyncio
import logging

from ingest.errors import StoreError, StorePermanentError, StoreRefusedError
from ingest.points import warning_point
from ingest.ports import ReadingStore, Warned

EVERY = 60.0  # seconds after which a store that was down is tried again, though nothing happened meanwhile
GATHER = 1.0  # seconds in which what happens is written together: a storm of warnings is one write, not a hundred
_AT_ONCE = 500
_log = logging.getLogger(__name__)


class WarningWriter:
    """One loop."""

    def __init__(self, *, warned: Warned, store: ReadingStore, every: float = EVERY, gather: float = GATHER) -> None:
        self._warned = warned
        self._store = store
        self._every = every
        self._gather = gather
        self._writing = asyncio.Lock()

    async def run(self) -> None:
        """Forever."""
        while True:
            changes = self._warned.subscribe()  # before looking: what comes meanwhile wakes us
            await self.write()
            try:
                async with asyncio.timeout(self._every):
                    await anext(changes, None)
            except TimeoutError:
                continue
            await asyncio.sleep(self._gather)

    async def write(self) -> None:
        """All there is; where journal or store cannot be used now, the rest stays for the next time.

        Whoever writes readings tells of a store in trouble, once for both.
        """
        trouble: tuple[type[Exception], ...] = (StoreError, *self._warned.unavailable)
        async with self._writing:  # the end of a run writes too, beside the loop
            try:
                while await self._write_some():
                    pass
            except StorePermanentError as error:  # its bucket may not be that of the readings: nobody else would tell
                _log.warning("warnings are not written to the store until a person acts: %s", error)
            except trouble as error:
                _log.debug("warnings are not written to the store now: %s", error)

    async def _write_some(self) -> bool:
        told, upto = await self._warned.unstored(_AT_ONCE)
        if not told:
            return False
        try:
            await self._store.write_points([warning_point(one) for one in told])
        except StoreRefusedError as error:  # an instant beyond the retention, say: the journal has it
            _log.warning("events of warnings are refused by the store: %s", error)
        await self._warned.stored(upto)
        return True
