"""When what arrives was received: by the service's clock, or in replay by what the stream tells."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import orjson

from ingest import topics
from ingest.model import Delivery
from ingest.ports import Arrived, Clock

SetClock = Callable[[datetime], None]

_LATEST_TOLD = datetime(9000, 1, 1, tzinfo=UTC)  # leaves rules and timers room to add to it
_log = logging.getLogger(__name__)
_new = tuple.__new__  # `_new(Delivery, (...))` is `Delivery(...)`, at half the cost


class Stamping:
    """`set_clock` where the clock lives in the stream's time, and messages on `topics.CLOCK` set it."""

    def __init__(self, *, clock: Clock, set_clock: SetClock | None) -> None:
        self._clock = clock
        self._set_clock = set_clock

    @property
    def replayed(self) -> bool:
        """Whether time is the stream's."""
        return self._set_clock is not None

    def stamped(self, arrived: Sequence[Arrived]) -> list[Delivery]:
        """What of it is to be kept, with the time of receipt."""
        now = self._clock.now()
        if self._set_clock is None:  # as it is but for replays
            return [_new(Delivery, (topic, payload, now, 0, None)) for topic, payload, _ in arrived]
        deliveries = []
        for topic, payload, _ in arrived:
            if topic == topics.CLOCK:
                if (told := _told(payload)) is not None:
                    self._set_clock(told)
                    now = self._clock.now()
                continue
            deliveries.append(Delivery(topic, payload, now))
        return deliveries

    def follow(self, received_at: datetime) -> None:
        """The log is walked again: a replayed clock is where it was then."""
        if self._set_clock is not None:
            self._set_clock(received_at)


def _told(payload: bytes) -> datetime | None:
    """The time a clock message tells; None where it tells none (that is logged, and stops nothing)."""
    try:
        told = datetime.fromisoformat(orjson.loads(payload)["now"])
        if told.tzinfo is not None and (utc := told.astimezone(UTC)) < _LATEST_TOLD:
            return utc
    except (ValueError, KeyError, TypeError, OverflowError):
        pass
    _log.warning("a clock message that tells no time: %r", payload[:100])
    return None
