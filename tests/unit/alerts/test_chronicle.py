"""What measurement `warning` says of an act, in words."""

from __future__ import annotations

from datetime import UTC

from alerts.chronicle import Done, of_acts
from alerts.naming import Naming
from tests.support.alerts_people import a_warning, an_act

NAMING = Naming(
    places={},
    rules={},
    parameters={"nh3_n": ("氨氮", "ammonia nitrogen"), "turb": ("浊度", "turbidity")},
    console_url="http://console",
    zone=UTC,
)


def test_reasons_name_every_parameter_in_both_languages() -> None:
    """Also the one that confirms."""
    why = "nh3_n 1.8 > 1 mg/L, confirmed by unusual change of turb to 55.9 at 2026-04-01 08:05 UTC+8"
    (event,) = of_acts(a_warning(), [Done(an_act(), 1, why, None)], NAMING)
    words = dict(event.words)
    assert words["why_zh"] == "氨氮 1.8 > 1 mg/L，同站另有参数佐证：浊度 异常波动至 55.9（2026-04-01 08:05 UTC+8）"
    assert words["why"].startswith(
        "ammonia nitrogen 1.8 > 1 mg/L, confirmed by unusual change of turbidity to 55.9 at "
    )
