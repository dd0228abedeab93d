"""What indices that rules look at are called: no sensor measures them, so no catalogue has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class IndexName(NamedTuple):
    """Both languages, the unit (empty for a plain number) and the decimals shown."""

    zh: str
    en: str
    unit: str = ""
    decimals: int = 0


SKEW = "clock_skew"  # of a station, from `quality`'s hourly summaries; below zero its clock is ahead
JOINT_CHANGE = "joint_change"  # of several parameters of a station: a score, worked out of rules and in no store
COMPLETENESS = "completeness"  # of a station rather than an area; it lies in the store by parameter

_OF_LIMIT = "_of_limit"  # of an outfall, as `alerts.outfall` works it out
_LIMITED = {
    "cod": ("化学需氧量", "chemical oxygen demand"),
    "nh3_n": ("氨氮", "ammonia nitrogen"),
    "tp": ("总磷", "total phosphorus"),
    "tn": ("总氮", "total nitrogen"),
    "ss": ("悬浮物", "suspended solids"),
}  # what our outfalls measure and GB 18918 or GB 8978 limits from above

INDEX_NAMES: Mapping[str, IndexName] = {
    "aqi_24h": IndexName("近 24 小时 AQI", "AQI of the last 24 h"),
    "aqi_24h_pm2_5": IndexName("近 24 小时细颗粒物 IAQI", "IAQI of PM2.5 of the last 24 h"),
    "aqi_forecast": IndexName("预报 AQI", "forecast AQI"),
    "aqi_24h_o3": IndexName("近 24 小时臭氧 IAQI", "IAQI of ozone of the last 24 h"),
    SKEW: IndexName("时钟偏差（接收减数据时刻）", "clock skew (receipt less instant)", "s", 0),
    JOINT_CHANGE: IndexName("多参数联合波动", "Joint change of parameters", "", 1),
    COMPLETENESS: IndexName("数据有效率", "completeness", "%", 0),
    **{
        f"{name}{_OF_LIMIT}": IndexName(f"{zh}与限值之比", f"{en} as a share of its limit", "", 3)
        for name, (zh, en) in _LIMITED.items()
    },
}


def share_of_limit(parameter: str) -> str:
    """The index that says how much of its limit an outfall's parameter is: above 1 exceeds."""
    return f"{parameter}{_OF_LIMIT}"


def limited(index: str) -> str | None:
    """The parameter of which that index is the share of the limit; None for any other name."""
    return index.removesuffix(_OF_LIMIT) if index in INDEX_NAMES and index.endswith(_OF_LIMIT) else None
