"""Units that say the same thing in other figures, and what turns one into the other. Pure.

Only what needs nothing but arithmetic: ppb to ug/m3 would need temperature, pressure and the substance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

# What one of each is in the smallest of its family, in whole numbers.
_FAMILIES: tuple[Mapping[str, int], ...] = (
    {"ng/m3": 1, "ug/m3": 10**3, "mg/m3": 10**6},
    {"ng/L": 1, "ug/L": 10**3, "mg/L": 10**6, "g/L": 10**9},
    {"Pa": 1, "hPa": 100, "kPa": 1000},
    {"m3/d": 1000, "m3/h": 24_000, "L/s": 86_400, "m3/s": 86_400_000},  # litres a day
    {"uS/cm": 1, "mS/m": 10, "mS/cm": 1000},
)


class Conversion(NamedTuple):
    """`value * times / per`: both whole, so that 61 ng is 0.061 ug and not a hair beside it."""

    times: int
    per: int

    def of(self, value: float) -> float:
        """The same in the other unit."""
        return value if self.times == self.per else value * self.times / self.per


SAME = Conversion(1, 1)


def conversion(given: str, wanted: str) -> Conversion | None:
    """From one unit to the other; None where arithmetic alone does not lead from one to the other."""
    if given == wanted:
        return SAME
    for family in _FAMILIES:
        if given in family and wanted in family:
            return Conversion(family[given], family[wanted])
    return None
