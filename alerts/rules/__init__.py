"""Rules: a condition over readings, with levels.

- `rule`: what every rule has; what a rule over one series has
- `levels`: comparators with hysteresis, dwell and counts, as files write them; `ladder`: at work
- `threshold`, `rate`, `change`, `joint`, `arrival`, `quality`, `absence`, `forecast`: one file a kind; none imports
  another
- `ahead`: what rules ask of a forecast
- `files`: reading `config/rules`

A new kind: one file with its settings, its line in `RULE_KINDS` and in `AnyRule`, and tests of its laws.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from alerts.rules.absence import AbsenceRule
from alerts.rules.arrival import ArrivalRule
from alerts.rules.change import ChangeRule
from alerts.rules.forecast import ForecastRule
from alerts.rules.joint import JointRule
from alerts.rules.quality import QualityRule
from alerts.rules.rate import RateRule
from alerts.rules.rule import Rule
from alerts.rules.threshold import ThresholdRule

RULE_KINDS: Mapping[str, type[Rule]] = {
    "threshold": ThresholdRule,
    "absence": AbsenceRule,
    "rate": RateRule,
    "change": ChangeRule,
    "arrival": ArrivalRule,
    "quality": QualityRule,
    "forecast": ForecastRule,
    "joint": JointRule,
}

AnyRule = Annotated[
    ThresholdRule | AbsenceRule | RateRule | ChangeRule | ArrivalRule | QualityRule | ForecastRule | JointRule,
    Field(discriminator="kind"),
]

__all__ = [
    "RULE_KINDS",
    "AbsenceRule",
    "AnyRule",
    "ArrivalRule",
    "ChangeRule",
    "ForecastRule",
    "JointRule",
    "QualityRule",
    "RateRule",
    "Rule",
    "ThresholdRule",
]
