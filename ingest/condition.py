"""How the service stands, in the words that console, `/readyz` and the demo's summary show."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.adapters.books import Books
from ingest.adapters.mqtt import LinkState, MqttSource
from ingest.health import Health, Trouble
from ingest.warming import Warming


class Condition:
    """Looks at its parts each time it is asked."""

    def __init__(self, *, books: Books, source: MqttSource, warming: Warming, health: Health) -> None:
        self._books = books
        self._source = source
        self._warming = warming
        self._health = health

    def intake(self) -> Mapping[str, int | float | str]:
        """Totals of the ledger, in readings, and states."""
        totals = self._books.totals
        return {
            "received": totals.received,
            "stored": totals.stored,
            "duplicate": totals.duplicate,
            "quarantined": totals.quarantined,
            "waiting": totals.received - totals.settled,
            "broker": self._source.state.value,
            "store": "unavailable" if Trouble.STORE in self._health.troubles else "ok",
            "state": self._health.state,
            **({"rules": "warming"} if self._warming.said else {}),
        }

    def ready(self) -> tuple[bool, Mapping[str, str]]:
        """Whether all of it works, and if not, which part says what."""
        reasons = {part.value: trouble.message for part, trouble in self._health.troubles.items()}
        if self._source.state is not LinkState.CONNECTED:
            reasons["broker"] = self._source.last_error or self._source.state.value
        if not self._health.recovered:
            reasons["start-up"] = "walking the log"
        if warming := self._warming.said:
            reasons["rules"] = warming
        return not reasons, reasons
