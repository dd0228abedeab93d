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


COMPLETENESS = "completeness"  # of a station rather than an area; it lies in the store by parameter

INDEX_NAMES: Mapping[str, IndexName] = {
    "aqi_24h": IndexName("近 24 小时 AQI", "AQI of the last 24 h"),
    "aqi_24h_pm2_5": IndexName("近 24 小时细颗粒物 IAQI", "IAQI of PM2.5 of the last 24 h"),
    "aqi_forecast": IndexName("预报 AQI", "forecast AQI"),
    "aqi_24h_o3": IndexName("近 24 小时臭氧 IAQI", "IAQI of ozone of the last 24 h"),
    COMPLETENESS: IndexName("数据有效率", "completeness", "%", 0),
}
