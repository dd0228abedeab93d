"""The frozen inequality as people read it."""

import pytest

from alerts.console.language import Language
from alerts.console.sentences import inequality, named, others, threshold

FORMS = [
    ("24h mean of pm2_5 163.2 > 150 ug/m3 for 24h", "pm2_5", "PM2.5 的 24 小时均值 163.2 > 150 μg/m³，持续 24 小时"),
    ("nh3_n 1.873 > 1 mg/L, 2 samples", "nh3_n", "氨氮 1.873 > 1 mg/L，连续 2 个数据"),
    ("1h cod as a share of the limit 50 mg/L: 1.23 > 1", "cod", "化学需氧量（1 小时）与限值 50 mg/L 之比 1.23 > 1"),
    ("rise of cond within 1h 320 >= 200 uS/cm", "cond", "电导率 在 1 小时内上升 320 ≥ 200 μS/cm"),
    ("3 samples of ph in a row flagged flat_line", "ph", "pH 连续 3 个数据被标记为 数据长时间不变"),
    ("nothing accepted for 15m", None, "已有 15 分钟没有有效数据"),
    (
        (
            "nh3_n > 1 mg/L, 2 samples; at the intake in 1.9 h at the earliest <= 2 h;"
            " reaches src-in-01 between 2026-11-26 11:23 and 2026-11-26 18:03 UTC+8"
            " (9.6 km at 1.2 to 0.3 m/s as configured)"
        ),
        "nh3_n",
        (
            "氨氮 > 1 mg/L，连续 2 个数据；最早 1.9 h 到达取水口，≤ 2 h；"
            "预计 2026-11-26 11:23 至 2026-11-26 18:03（UTC+8）到达 src-in-01 (9.6 km，流速 0.3 至 1.2 m/s，按配置)"
        ),
    ),
    (
        (
            "nh3_n > 1 mg/L; reaches a between 2026-11-26 11:23 and 2026-11-26 18:03 UTC+8 (9.6 km at 1.2 to 0.3 m/s"
            " from 0.5 to 0.7 m/s measured at b)"
        ),
        "nh3_n",
        (
            "氨氮 > 1 mg/L；预计 2026-11-26 11:23 至 2026-11-26 18:03（UTC+8）到达 a"
            " (9.6 km，流速 0.3 至 1.2 m/s，由 b 测得的 0.5 至 0.7 m/s 推算)"
        ),
    ),
    (
        "forecast of 2026-11-20 20:00 UTC+8: 2026-11-23 113, 2026-11-24 255; > 200 on 2 days or > 150 on 3 days",
        None,
        "2026-11-20 20:00（UTC+8）发布的预报：2026-11-23 113, 2026-11-24 255；2 天 > 200 或 3 天 > 150",
    ),
    (
        "change of cond against the last 1h 20.3 > 15 times what is usual here, 2 samples",
        "cond",
        "电导率 较前 1 小时偏离 20.3 > 15 倍常态，连续 2 个数据",
    ),
    (
        "nh3_n 1.8 > 1 mg/L, confirmed by codmn 7.2 > 6 mg/L at 2026-04-01 08:05 UTC+8",
        "nh3_n",
        "氨氮 1.8 > 1 mg/L，同站另有参数佐证：codmn 7.2 > 6 mg/L（2026-04-01 08:05 UTC+8）",
    ),
    (
        "nh3_n 1.8 > 1 mg/L, confirmed by unusual change of cond to 330 at 2026-04-01 08:05 UTC+8",
        "nh3_n",
        "氨氮 1.8 > 1 mg/L，同站另有参数佐证：cond 异常波动至 330（2026-04-01 08:05 UTC+8）",
    ),
    (
        "cond 12.3, ph 9.56; together 15.6 > 15 times what is usual here, 2 samples",
        "joint_change",
        "cond 12.3, ph 9.56；合计 15.6 > 15 倍常态，连续 2 个数据",
    ),
    ("something new 3 > 2", None, "something new 3 > 2"),
]
NAMES = {"pm2_5": "PM2.5", "nh3_n": "氨氮", "cod": "化学需氧量", "cond": "电导率", "ph": "pH"}


@pytest.mark.parametrize(("sentence", "parameter", "printed"), FORMS)
def test_inequality_is_told_in_chinese(sentence: str, parameter: str | None, printed: str) -> None:
    """Each rule kind's form; an unknown one stands as it is."""
    assert inequality(sentence, parameter, NAMES.get(parameter or "", ""), Language.ZH) == printed


def test_other_parameters_are_known_by_name() -> None:
    """What confirmed by a value or a change, what changed together; most sentences have none."""
    said = "nh3_n 1.8 > 1 mg/L, confirmed by codmn 7.2 > 6 mg/L at 2026-04-01 08:05 UTC+8"
    changed = said.replace("codmn 7.2 > 6 mg/L", "unusual fall of cond to 30")
    together = "cond 12.3, ph 9.56; together 15.6 > 15 times what is usual here, 2 samples"
    assert [others(one) for one in (said, changed, together)] == [("codmn",), ("cond",), ("cond", "ph")]
    assert not any(
        others(sentence) for sentence, *_ in FORMS if "confirmed" not in sentence and "together" not in sentence
    )
    assert "confirmed by CODMn 7.2" in named(said, "codmn", "CODMn")


def test_inequality_keeps_its_english() -> None:
    """Signs and units printed, the words untouched."""
    said = inequality("do 4.2 <= 5 mg/L, 2 samples", "do", "Dissolved oxygen", Language.EN)
    assert said == "Dissolved oxygen 4.2 ≤ 5 mg/L, 2 samples"


@pytest.mark.parametrize(
    ("sentence", "unit", "limit"),
    [
        ("24h mean of pm2_5 163.2 > 150 ug/m3 for 24h", "ug/m3", 150.0),
        ("nh3_n 1.873 > 1 mg/L, 2 samples", "mg/L", 1.0),
        ("ph 9.4 > 9, 2 samples", "", 9.0),
        ("nh3_n 1.8 > 1 mg/L, confirmed by unusual change of cond to 330 at 2026-04-01 08:05 UTC+8", "mg/L", 1.0),
        ("ph 9.4 > 9 for 2h", "", 9.0),
        ("1h cod as a share of the limit 50 mg/L: 1.23 > 1", "mg/L", None),
        ("1h ph as a share of the limit 9: 1.23 > 1", "", None),
        ("rise of cond within 1h 320 > 200 uS/cm", "uS/cm", None),
        ("nothing accepted for 15m", "mg/L", None),
    ],
)
def test_threshold_is_drawn_only_in_the_parameters_unit(sentence: str, unit: str, limit: float | None) -> None:
    """A ratio or a rate is no line on a curve of concentrations."""
    assert threshold(sentence, unit) == limit
