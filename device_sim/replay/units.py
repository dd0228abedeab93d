"""Units of recorded data, and exact conversion between those of one quantity. Pure.

Factors are fractions, so that 1900 ug/m3 is exactly 1.9 mg/m3: the only rounding is the last one, to a float.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple


class Quantity(StrEnum):
    """What a unit measures; only units of one quantity convert."""

    AIR_CONCENTRATION = "concentration in air"
    WATER_CONCENTRATION = "concentration in water"
    TEMPERATURE = "temperature"
    CONDUCTIVITY = "conductivity"
    TURBIDITY = "turbidity"
    SPEED = "speed"
    PRESSURE = "pressure"
    FLOW = "flow"
    SHARE = "share"
    ANGLE = "angle"
    NUMBER = "number"


class Unit(NamedTuple):
    """value x factor + offset is the value in the quantity's own unit."""

    quantity: Quantity
    factor: Fraction
    offset: Fraction = Fraction(0)


def _unit(quantity: Quantity, factor: str = "1", offset: str = "0") -> Unit:
    return Unit(quantity, Fraction(factor), Fraction(offset))


UNITS: Mapping[str, Unit] = {
    "ngm3": _unit(Quantity.AIR_CONCENTRATION, "0.001"),
    "ugm3": _unit(Quantity.AIR_CONCENTRATION),
    "mgm3": _unit(Quantity.AIR_CONCENTRATION, "1000"),
    "ngl": _unit(Quantity.WATER_CONCENTRATION, "0.000001"),
    "ugl": _unit(Quantity.WATER_CONCENTRATION, "0.001"),
    "mgl": _unit(Quantity.WATER_CONCENTRATION),
    "gl": _unit(Quantity.WATER_CONCENTRATION, "1000"),
    "c": _unit(Quantity.TEMPERATURE),
    "degc": _unit(Quantity.TEMPERATURE),
    "f": _unit(Quantity.TEMPERATURE, "5/9", "-160/9"),
    "degf": _unit(Quantity.TEMPERATURE, "5/9", "-160/9"),
    "k": _unit(Quantity.TEMPERATURE, "1", "-273.15"),
    "uscm": _unit(Quantity.CONDUCTIVITY),
    "mscm": _unit(Quantity.CONDUCTIVITY, "1000"),
    "msm": _unit(Quantity.CONDUCTIVITY, "10"),
    "sm": _unit(Quantity.CONDUCTIVITY, "10000"),
    "ntu": _unit(Quantity.TURBIDITY),
    "fnu": _unit(Quantity.TURBIDITY),  # another angle of light, the same scale
    "ms": _unit(Quantity.SPEED),
    "kmh": _unit(Quantity.SPEED, "5/18"),
    "pa": _unit(Quantity.PRESSURE, "0.01"),
    "hpa": _unit(Quantity.PRESSURE),
    "mbar": _unit(Quantity.PRESSURE),
    "kpa": _unit(Quantity.PRESSURE, "10"),
    "ls": _unit(Quantity.FLOW),
    "gpm": _unit(Quantity.FLOW, "0.0630901964"),  # US gallons
    "mgd": Unit(Quantity.FLOW, Fraction("3785411.784") / 86400),  # x
    "m3s": _unit(Quantity.FLOW, "1000"),
    "m3h": _unit(Quantity.FLOW, "5/18"),
    "m3d": _unit(Quantity.FLOW, "5/432"),
    "%": _unit(Quantity.SHARE),
    "pct": _unit(Quantity.SHARE),
    "percent": _unit(Quantity.SHARE),
    "deg": _unit(Quantity.ANGLE),
    "": _unit(Quantity.NUMBER),
}

POINTS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
_COMPASS = {point: index * 22.5 for index, point in enumerate(POINTS)}

Conversion = Callable[[str], float]


def find(text: str) -> Unit | None:
    """The unit written `ug/m3`, `ugm3`, `uS/cm`, `degC`, ...; None for one that is not in the table."""
    return UNITS.get(re.sub(r"[^a-z0-9%]", "", text.lower().replace("µ", "u").replace("μ", "u")))


def conversion(given: Unit, wanted: Unit) -> Conversion | None:
    """From a cell's text to a number in the wanted unit; None between quantities. Raises `ValueError` for no number.

    Compass points (`NNE`) are read where an angle is wanted.
    """
    if given.quantity is not wanted.quantity:
        return None
    factor = given.factor / wanted.factor
    offset = (given.offset - wanted.offset) / wanted.factor
    if wanted.quantity is Quantity.ANGLE:
        return _angle
    if factor == 1 and offset == 0:
        return float
    return lambda cell: float(_exact(cell) * factor + offset)


def _exact(cell: str) -> Fraction | float:
    rough = float(cell)
    if rough == 0 or not math.isfinite(rough):
        # nan and infinities are for the caller to refuse; 1e-999999999 as a fraction would fill the memory.
        return rough
    return Fraction(Decimal(cell))


def _angle(cell: str) -> float:
    point = _COMPASS.get(cell.upper())
    return float(cell) if point is None else point
