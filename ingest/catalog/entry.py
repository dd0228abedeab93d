"""What every entry of the catalogue is made of: a strict model, names in both languages, durations as written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

STATION_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
PARAMETER_ID = r"^[a-z][a-z0-9_]{0,31}$"


class Entry(BaseModel):
    """Frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Name(Entry):
    """What a thing is called, in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


def duration(given: Any) -> Any:
    """`90s`, `5m`, `1h`, `3d` as a `timedelta`; anything else is handed on for pydantic to judge."""
    if isinstance(given, str):
        text = given.strip()
        number = text.rstrip("abcdefghijklmnopqrstuvwxyz ")
        unit = text[len(number) :].strip()
        if unit in _UNITS:
            try:
                return timedelta(seconds=float(number) * _UNITS[unit])
            except (ValueError, OverflowError) as error:
                msg = f"not a duration: {given!r} (like 90s, 5m, 1h, 3d)"
                raise ValueError(msg) from error
    return given
