"""Wire formats: bytes -> report. One file a format, one line each in `CODECS`; they do not import each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ingest.codecs import forecast, hj212, json
from ingest.codecs.report import Malformed, Report
from ingest.topics import Leaf

Decode = Callable[[bytes], "Report | Malformed"]

CODECS: Mapping[Leaf, Decode] = {
    Leaf.READING: json.decode,
    Leaf.HJ212: hj212.decode,
    Leaf.FORECAST: forecast.decode,
}

__all__ = ["CODECS", "Decode", "Malformed", "Report"]
