"""`config/targets.yaml`: what the bureau's plan sets for the year. Pure but for reading the file."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from alerts.documents import check, read


class Targets(BaseModel):
    """Shares are in per cent of the year's days, concentrations in ug/m3."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    good_air_days: float = Field(gt=0, le=100)
    pm2_5: float = Field(gt=0)
    heavy_pollution_days: int = Field(ge=0)

    def allowance(self, days: int) -> int:
        """How many of that many days may be worse than good, the share still being kept."""
        kept = (allowed for allowed in range(days, -1, -1) if 100 * (days - allowed) > self.good_air_days * days)
        return next(kept, 0)


def load_targets(file: Path) -> Targets:
    """Raises `ConfigurationError`."""
    return check(read(file), Targets)
