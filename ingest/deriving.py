"""Indices worked out on the way: each goes to rules and store with the outcome of the delivery it came of.

So the store writer has them in order, by the log's positions, and a start that walks the log again has the same. What
the past brings forth when it is read back goes with the next delivery.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from ingest.bundle import Bundle
from ingest.flagged import Flagged, Index
from ingest.model import Derived
from ingest.moments import to_micros
from ingest.ports import Evaluator
from ingest.walk import Outcome

_log = logging.getLogger(__name__)
_new = tuple.__new__  # `_new(Index, (...))` is `Index(...)`, at half the cost


class Deriving:
    """`said` hears which stations and areas have something new."""

    def __init__(self, *, evaluator: Evaluator, said: Callable[[Iterable[str]], None]) -> None:
        self._evaluator = evaluator
        self._said = said
        self._owed: list[Derived] = []  # of the past: the store has not got them yet
        self.failed = 0  # deliveries that gave none, by a fault of ours

    def take(self, outcome: Outcome, now: datetime) -> tuple[Sequence[Derived], Flagged]:
        """The indices, which rules are to have after the readings; and what became of the delivery, with them."""
        bundles, flagged = outcome.bundles, outcome.flagged
        derived = self._derived(bundles, now) if bundles else ()
        if not derived and not self._owed:
            return (), flagged
        owed, self._owed = self._owed, []
        return derived, flagged._replace(indices=_indexed([*owed, *derived]))

    def owe(self, derived: Sequence[Derived]) -> None:
        """Indices that the past brought forth; rules have them already."""
        self._owed += derived
        self._said({one.station for one in derived})

    def _derived(self, bundles: Sequence[Bundle], now: datetime) -> Sequence[Derived]:
        """A fault of ours must not end the service: readings go on without indices."""
        try:
            derived = self._evaluator.derive(bundles, now)
        except Exception:  # noqa: BLE001  # whatever it is, stopping would be worse
            self.failed += 1
            _log.exception("no indices were worked out from what %s sent", bundles[0].station)
            return ()
        if derived:
            self._said({one.station for one in derived})
        return derived


def _indexed(derived: Iterable[Derived]) -> list[Index]:
    """Indices in the form that goes on to the store."""
    found = []
    for one in derived:
        point = (one.station, one.parameter, one.period, to_micros(one.instant))
        counts = (one.value, one.flag, one.revision, one.have, one.of)
        found.append(_new(Index, (*point, *counts, one.missing, one.edition, one.primary)))
    return found
