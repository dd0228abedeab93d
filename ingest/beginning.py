"""From where a start goes on: the newest checkpoint and the log since, the whole log, or the store's past."""

from __future__ import annotations

import logging
from typing import NamedTuple

from ingest.errors import LogBehindError
from ingest.ports import Checkpoint, Clock, IntakeLog, Owed

_log = logging.getLogger(__name__)


class Beginning(NamedTuple):
    """`checkpoint` where it can be gone on from; `owed` is the past that neither it nor the log has.

    Up to the position `judged`, what is found in the log was found, and journalled, before: without the past that went
    before them, rules would find some of it anew at other instants.
    """

    checkpoint: Checkpoint | None
    owed: Owed | None
    judged: int


async def beginning(checkpoint: Checkpoint | None, *, log: IntakeLog, clock: Clock, replayed: bool) -> Beginning:
    """Decides it. Raises `LogUnavailableError`."""
    if checkpoint is not None and checkpoint.position + 1 >= log.first:
        return Beginning(checkpoint, checkpoint.owed, judged=0)
    if log.first > 1:
        known = log.last_flagged
        newest = await log.delivery(known)
        until = newest.received_at if newest else clock.now()
        return Beginning(None, Owed(until=until, judged=True), judged=known)
    if not log.last and not replayed:  # a new folder, or one that was lost
        return Beginning(None, Owed(until=clock.now(), judged=False), judged=0)
    return Beginning(None, None, judged=0)  # the log has all there ever was


async def catch_up(log: IntakeLog, known: int) -> None:
    """Positions that books or checkpoint have are never given again, though the log has lost them.

    Raises `LogBehindError`, `LogUnavailableError`.
    """
    last = log.last
    if known <= last:
        return
    if last == 0:
        raise LogBehindError(last, known)
    await log.skip(known)
    _log.error(
        "the intake log ends at %d, books and checkpoint know of %d: deliveries %d to %d are not in it any more "
        "(damaged, or an older copy). What of them was not stored is lost, and stays `waiting` in the ledger",
        *(last, known, last + 1, known),
    )
