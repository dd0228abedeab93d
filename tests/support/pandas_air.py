"""Daily air reports worked out a second time, straightforwardly: pandas for the windows, fractions for the numbers.

Shares no code with the package and no table but the files of the standards themselves. Slow, and meant to be read.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from tests.support.district import CONFIG

POLLUTANTS = ("pm2_5", "pm10", "so2", "no2", "co", "o3")
DECIMALS = {"co": 1}  # all others none
SCALE = 10**6  # of whole numbers, so that sums are exact
OZONE_LIMIT = 160  # GB 3095, class 2, largest 8 h mean of a day
MEANS = tuple(f"{name}_24h" for name in POLLUTANTS[:-1])
CONCENTRATIONS = (*MEANS, "o3_8h_max", "o3_1h_max")
BREAKPOINTS = {"o3_8h_max": "o3_8h", "o3_1h_max": "o3_1h"}
COLUMNS = (
    *("station", "date", "edition", *CONCENTRATIONS),
    *(f"iaqi_{name}" for name in ("pm2_5", "pm10", "so2", "no2", "co", "o3_8h", "o3_1h")),
    *("aqi", "level", "primary", "status"),
)
TABLES = {
    f"hj633-{year}": yaml.safe_load((CONFIG / f"standards/air_aqi_hj633_{year}.yaml").read_text(encoding="utf-8"))
    for year in (2012, 2026)
}


def hours_of(file: Path) -> pd.DataFrame:
    """The Beijing file: station, time (start of the hour, Beijing's), and whole millionths of ug/m3, of CO mg/m3."""
    columns = {f"{name}_ugm3": name for name in POLLUTANTS}
    frame = pd.read_csv(file, dtype=str).rename(columns=columns)
    for name in POLLUTANTS:
        unit = SCALE // 1000 if name == "co" else SCALE
        known = {text: int(Decimal(text) * unit) for text in frame[name].dropna().unique()}
        frame[name] = frame[name].map(known, na_action="ignore").astype("Int64")
    frame["time"] = pd.to_datetime(frame["time"].str.removesuffix("+08:00"))
    return frame[["station", "time", *POLLUTANTS]]


def daily(hours: pd.DataFrame, edition: str) -> list[dict[str, str]]:
    """A row a station and day, as the command's file has it; `edition` may be `auto`."""
    rows = []
    for station, own in hours.groupby("station", sort=True):
        whole = own.set_index("time").sort_index().asfreq("h")
        for day, found in _concentrations(whole).items():
            law = edition if edition != "auto" else "hj633-2026" if day >= pd.Timestamp("2026-03-01") else "hj633-2012"
            rows.append({"station": str(station), "date": f"{day:%Y-%m-%d}", "edition": law, **_judged(found, law)})
    return rows


def _concentrations(whole: pd.DataFrame) -> dict[pd.Timestamp, dict[str, Fraction | None]]:
    """By day, of one station."""
    days = whole.index.normalize()
    grouped = whole.groupby(days)[list(POLLUTANTS)]
    sums, counts = grouped.sum().to_dict("index"), grouped.count().to_dict("index")
    largest_hour = grouped.max()["o3"].dropna().to_dict()
    ozone = whole["o3"].astype("float64")  # whole numbers below 2**53: exact
    eight = pd.DataFrame(
        {"total": ozone.rolling(8, min_periods=6).sum(), "have": ozone.rolling(8, min_periods=6).count()}
    )
    eight = eight[eight.index.hour >= 7].dropna()  # ends at 08 ... 24 h, so that it lies within the day
    means: dict[pd.Timestamp, list[Fraction]] = {}
    for time, total, have in eight.itertuples():
        means.setdefault(time.normalize(), []).append(Fraction(int(total), int(have) * SCALE))
    found = {}
    for day in sums:
        of: dict[str, Fraction | None] = {}
        for name in POLLUTANTS[:-1]:
            total, count = int(sums[day][name]), counts[day][name]
            of[f"{name}_24h"] = _rounded(Fraction(total, count * SCALE), name) if count >= 20 else None
        valid = means.get(day, [])
        largest = _rounded(max(valid), "o3") if valid else None
        stands = largest is not None and (len(valid) >= 14 or largest > OZONE_LIMIT)
        of["o3_8h_max"] = largest if stands else None
        hour = largest_hour.get(day)
        of["o3_1h_max"] = None if hour is None else _rounded(Fraction(int(hour), SCALE), "o3")
        found[day] = of
    return found


def _rounded(value: Fraction, name: str) -> Fraction:
    scale = 10 ** DECIMALS.get(name, 0)
    return Fraction(round(value * scale), scale)  # half to even


def _iaqi(column: str, concentration: Fraction, law: str) -> int | None:
    table = TABLES[law]
    name = BREAKPOINTS.get(column, column)
    points: list[tuple[Fraction, int]] = [
        (Fraction(str(at)), index)
        for at, index in zip(table["breakpoints"][name], table["iaqi"], strict=True)
        if at is not None
    ]
    for (low, base), (high, top) in pairwise(points):
        if low <= concentration <= high:
            return math.ceil((concentration - low) * (top - base) / (high - low) + base)
    over: dict[str, Any] = table["over_range"].get(name, {"iaqi": 500})
    return over.get("iaqi")


def _judged(found: dict[str, Fraction | None], law: str) -> dict[str, str]:
    indices = {column: None if value is None else _iaqi(column, value, law) for column, value in found.items()}
    needed = CONCENTRATIONS if law == "hj633-2012" else CONCENTRATIONS[:-1]
    # An 8 h mean above 800 has no IAQI in 2012, and lacks nothing: the hour speaks for it.
    lacking = [column for column in needed if found[column] is None]
    counted = {column: index for column in needed if (index := indices[column]) is not None}
    aqi = max(counted.values(), default=0) if counted else None
    if aqi is not None:
        aqi = min(500, max(1 if law == "hj633-2026" else 0, aqi))
    published = aqi if aqi is not None and (not lacking or aqi > 100) else None
    leading = [column for column, index in counted.items() if index == published] if (published or 0) > 50 else []
    primary = [name for name in POLLUTANTS if any(column.startswith(f"{name}_") for column in leading)]
    levels = enumerate((50, 100, 150, 200, 300, 500), start=1)
    level = None if published is None else next(level for level, top in levels if published <= top)
    texts: dict[str, Any] = {column: _text(column, value) for column, value in found.items()}
    for column, index in indices.items():
        short = {"o3_8h_max": "o3_8h", "o3_1h_max": "o3_1h"}.get(column, column.removesuffix("_24h"))
        texts[f"iaqi_{short}"] = "" if index is None else str(index)
    texts["aqi"] = "" if published is None else str(published)
    texts["level"] = "" if level is None else str(level)
    texts["primary"] = "+".join(primary)
    texts["status"] = "NA" if published is None else "partial" if lacking else "valid"
    return texts


def _text(column: str, value: Fraction | None) -> str:
    if value is None:
        return ""
    return f"{float(value):.1f}" if column.startswith("co_") else str(int(value))
