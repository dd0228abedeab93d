"""Where InfluxDB is: a module of its own, as settings are read without the client, whose libraries take a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxAddress:
    """Where InfluxDB is and how it is spoken to; `org` is empty for InfluxDB 1.8, whose bucket is `database`.

    Readings and the remarks on them are in `bucket`, a measurement that `apart` names in a bucket of its own.
    """

    url: str
    bucket: str
    apart: Mapping[str, str] = field(default_factory=dict)
    org: str = ""
    token: str = field(default="", repr=False)
    timeout: timedelta = timedelta(seconds=10)
    gzip: bool = True
    ca: Path | None = None

    def of(self, measurement: str) -> str:
        """The bucket it is in."""
        return self.apart.get(measurement, self.bucket)
