"""Samples put together as messages bring them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from alerts.model import Sample
from ingest.bundle import Bundle, Values
from tests.support.ingest import micros

_Shared = tuple[str, str, datetime, datetime]


def bundled(samples: Iterable[Sample]) -> list[Bundle]:
    """Those that follow each other and share station, period, instant and receipt go together."""
    return [
        Bundle(station, "", period, instant, micros(instant), received_at, Values.of([_said(one) for one in together]))
        for (station, period, instant, received_at), together in groupby(samples, key=_shared)
    ]


def _shared(sample: Sample) -> _Shared:
    return sample.station, sample.period, sample.instant, sample.received_at


def _said(sample: Sample) -> tuple[str, float | None, int, str]:
    return sample.parameter, sample.value, sample.flag, sample.reason
