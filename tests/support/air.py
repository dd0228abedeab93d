"""The shipped air standards for tests, and amounts as people write them."""

from __future__ import annotations

from alerts.standards import Edition, Indicator, exact, load_air_standards
from tests.support.district import CONFIG

STANDARDS = load_air_standards(CONFIG / "standards")
HJ2012, HJ2026 = STANDARDS.editions


def amounts(**concentrations: float | None) -> dict[Indicator, int | None]:
    """`pm2_5_24h=68` and so on, as they are."""
    return {Indicator(name): None if value is None else exact(value) for name, value in concentrations.items()}


def iaqi_of(edition: Edition, name: str, concentration: float) -> int | None:
    """Of a concentration as it is."""
    return edition.iaqi(Indicator(name), exact(concentration))
