"""Years and targets in words: for people, in both languages, and as plain data. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from alerts.standards import Annual, Standing, Target, Tracked, YearEvaluation, half_even
from alerts.standards.targets import GoodDays, HeavyDays, Pm25Mean
from alerts.windows import MILLION

PERCENT = 100
NAMED = 12  # days of heavy pollution one by one

_STANDING = {
    Standing.MET: ("met 已达成", "green"),
    Standing.OPEN: ("open 尚可达成", "yellow"),
    Standing.MISSED: ("missed 未达成", "red"),
    Standing.UNKNOWN: ("unknown 无数据", "dim"),
}
_ATTAINED = {True: "yes 达标", False: "no 不达标", None: "not to be said: too few days 有效天数不足"}


def rounded(value: Fraction, decimals: int = 1) -> str:
    """Half to even."""
    scale = 10**decimals
    return f"{half_even(value.numerator * scale, value.denominator) / scale:.{decimals}f}"


def floored(value: Fraction) -> str:
    """One decimal, never more than it is: what must be below it."""
    return f"{value.numerator * 10 // value.denominator / 10:.1f}"


def shown(name: str, year: YearEvaluation, tracked: Sequence[Tracked]) -> Iterator[RenderableType]:
    """What a person reads."""
    ratio = year.good_ratio
    yield Text(f"{name}  {year.year}", style="bold")
    yield f"  {year.first} .. {year.last}, {' + '.join(year.editions)}, {year.limits.standard} class 2 二级"
    partial = f", {year.partial_days} of them incomplete 其中不完整" if year.partial_days else ""
    yield f"  valid days 有效天数: {year.valid_days} of {year.days_of_year}{partial}"
    yield f"  good days 优良天数: {year.good_days}" + (f" = {rounded(ratio * PERCENT)} %" if ratio is not None else "")
    yield "  levels 级别 1-6: " + " / ".join(str(year.levels.get(level, 0)) for level in range(1, 7))
    heavy = ", ".join(str(day) for day in year.heavy_days[:NAMED]) + (", ..." if len(year.heavy_days) > NAMED else "")
    yield f"  heavy pollution 重污染: {len(year.heavy_days)} days" + (f" ({heavy})" if heavy else "")
    yield _pollutants(year)
    yield f"  attained 年评价: {_ATTAINED[year.attained]}"
    for one in tracked:
        words, colour = _STANDING[one.standing]
        when = "" if year.year in one.target.years else f" (set for {one.target.years.first}-{one.target.years.last})"
        yield Text.assemble(f"  {one.target.name.en} {one.target.name.zh}{when}: ", (words, colour), f"  {said(one)}")
    yield ""


def _pollutants(year: YearEvaluation) -> Table:
    table = Table(
        "", "days 天数", "mean 均值", "limit 限值", "percentile 百分位", "limit 限值", "within 达标", box=None
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for one in year.annual.values():
        table.add_row(
            f"  {one.pollutant.value}",
            f"{one.days}{'' if one.enough else ' (too few 不足)'}",
            _amount(one.mean),
            _amount(one.mean_limit),
            f"{_amount(one.percentile)} ({one.rank} %)" if one.percentile is not None else "-",
            _amount(one.percentile_limit),
            "-" if one.within is None else "yes" if one.within else "no",
        )
    return table


def _amount(value: Fraction | int | None) -> str:
    return "-" if value is None else rounded(Fraction(value) / MILLION)


def said(one: Tracked) -> str:
    """Where it stands, and what the rest of the year leaves."""
    now = "-" if one.value is None else rounded(one.value) if not isinstance(one.target, HeavyDays) else str(one.value)
    parts = [f"{now} against {_limit(one.target)}"]
    left = f"the {one.days_left} days left 其余 {one.days_left} 天"
    if one.days_allowed is not None:
        bad = "heavy 重污染" if isinstance(one.target, HeavyDays) else "bad 超标"
        parts.append(f"in {left}: at most {one.days_allowed} {bad}")
    if one.rest_below is not None:
        parts.append(f"{left}: must average below 均值须低于 {floored(one.rest_below)}")
    return "; ".join(parts)


def _limit(target: Target) -> str:
    match target:
        case GoodDays():
            return f"> {target.above} %"
        case Pm25Mean():
            return f"< {target.below} ug/m3"
        case HeavyDays():
            return f"<= {target.at_most} days"


def plain(name: str, year: YearEvaluation, tracked: Sequence[Tracked]) -> dict[str, Any]:
    """What a program reads: rounded as the table is, with the counts that are exact."""
    ratio = year.good_ratio
    return {
        "subject": name,
        "year": year.year,
        "first": year.first,
        "last": year.last,
        "editions": year.editions,
        "limits": {"standard": year.limits.standard, "phase": year.limits.phase, "class": 2},
        "days_of_year": year.days_of_year,
        "days_left": year.days_left,
        "valid_days": year.valid_days,
        "partial_days": year.partial_days,
        "good_days": year.good_days,
        "good_day_percent": None if ratio is None else float(rounded(ratio * PERCENT)),
        "levels": {str(level): year.levels.get(level, 0) for level in range(1, 7)},
        "heavy_days": year.heavy_days,
        "pollutants": {one.pollutant.value: _plain_annual(one) for one in year.annual.values()},
        "attained": year.attained,
        "targets": [_plain_target(one, year.year) for one in tracked],
    }


def _plain_annual(one: Annual) -> dict[str, Any]:
    def amount(value: Fraction | int | None) -> float | None:
        return None if value is None else float(rounded(Fraction(value) / MILLION, 3))

    return {
        "days": one.days,
        "enough_days": one.enough,
        "mean": amount(one.mean),
        "mean_limit": amount(one.mean_limit),
        "rank": one.rank,
        "percentile": amount(one.percentile),
        "percentile_limit": amount(one.percentile_limit),
        "within": one.within,
    }


def _plain_target(one: Tracked, year: int) -> dict[str, Any]:
    return {
        "id": one.target.id,
        "kind": one.target.kind,
        "limit": _limit(one.target),
        "edition": one.target.edition,
        "set_for_this_year": year in one.target.years,
        "value": None if one.value is None else float(rounded(one.value, 3)),
        "meets_now": one.now,
        "standing": one.standing.value,
        "days_left": one.days_left,
        "days_allowed": one.days_allowed,
        "rest_below": None if one.rest_below is None else float(floored(one.rest_below)),
    }
