"""A plan in words, for a terminal: (colour, line) by line. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

_PARTS = {
    "stations": "stations 站点",
    "outfalls": "outfalls 排污口",
    "water_sources": "water sources 水源地",
    "parameters": "parameters 因子",
    "areas": "areas 区域",
    "rules": "rules 规则",
    "people": "people 人员",
    "procedures": "procedures 程序",
    "notify": "channels 渠道",
    "service": "service 服务",
}
_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
_NAMED = 6  # subjects named one by one

WAY_OUT = (
    "lift or dismiss them in the console first, or keep their rules and stations "
    "请先在控制台解除上述预警，或保留其规则和站点"
)
RESTART = "these need a restart of the service 以下设置需重启服务才能生效"


def said(plan: Mapping[str, Any], *, refused: bool = False) -> Iterator[tuple[str | None, str]]:
    """What `Plan.plain` gave, in words; of one that was refused only why."""
    if not plan["changes"] and not refused:
        yield None, "nothing changes 无变化"
    for part, changes in groupby(plan["changes"], key=lambda change: change["part"]):
        yield None, _PARTS[part]
        for change in changes:
            yield from _change(change)
    if plan["restart"]:
        yield "yellow", RESTART
        yield from ((None, f"    {line}") for line in plan["restart"])
    if plan["touched"]:
        yield None, "standing warnings 现行预警"
    for one in plan["touched"]:
        yield from _touched(one)
    if any(one["orphaned"] for one in plan["touched"]):
        yield "red", f"refused 不允许: {WAY_OUT}"


def _change(change: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
    sign, colour = _SIGNS[change["how"]]
    names = " ".join(name for name in (change["zh"], change["en"]) if name)
    yield colour, f"  {sign} {change['id']}{'  ' + names if names else ''}"
    yield from ((None, f"      {line}") for line in change["details"])
    if at := change["at"]:
        more = f" and {len(at) - _NAMED} more" if len(at) > _NAMED else ""
        yield None, f"      at {', '.join(at[:_NAMED])}{more}"


def _touched(one: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
    colour = "red" if one["orphaned"] else None
    yield colour, f"  {one['warning']}  {one['level']} {one['state']}  {one['rule']} at {one['subject']}"
    yield from ((colour, f"      {line}") for line in one["why"])
