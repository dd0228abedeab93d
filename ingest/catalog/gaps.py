"""What files lack: fields that may be missing while a survey is under way, and must not be when it is done.

Gaps are remarks, not errors: a service runs all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ingest.catalog.catalog import Catalog
from ingest.catalog.outfall import Outfall, Zone
from ingest.catalog.water_source import WaterSource
from ingest.model import Kind

Place = tuple[str | int, ...]  # section, number in it, keys


class Gap(NamedTuple):
    """A field that is not there, of which entry, and what it is in words."""

    place: Place
    message: str


_OUTFALL = {
    "category": "class of HJ 1312 小类",
    "lon": "longitude 经度",
    "lat": "latitude 纬度",
    "receiving": "receiving water 受纳水体",
    "receiving.functional_zone": "functional zone 水功能区",
    "receiving.target_class": "class the water must keep 水质目标",
    "receiving.protection_zone": "protection zone, or none 是否位于饮用水水源保护区",
    "responsible": "responsible body 责任主体",
    "responsible.uscc": "social credit code 统一社会信用代码",
    "approval": "approval or filing number 审批或备案文号",
    "sign": "sign board 标识牌",
    "discharge.pattern": "pattern of discharge 排放方式",
    "discharge.standard": "standard 执行标准",
    "sources": "traced sources 溯源结果",
    "inspections": "inspections 排查记录",
}
_PERMITTED = {"permit": "permit 排污许可证", "permit.expires": "end of the permit 许可证有效期"}
_PERMIT_NEEDED = {"industrial", "town_sewage"}
_SOURCE = {
    "water": "name of the water 水体名称",
    "supplies": "waterworks it supplies 供水厂",
    "people": "people it serves 服务人口",
    "zones": "protection zones 保护区",
    "intake": "station at the intake 取水口站点",
    "intake_zone": "zone the intake lies in 取水口所在保护区",
}


def gaps(catalog: Catalog) -> Iterator[Gap]:
    """Every gap, in order of the files."""
    for number, outfall in enumerate(catalog.outfalls):
        yield from _of_outfall(("outfalls", number), outfall)
        yield from _unwatched(("outfalls", number), outfall, catalog)
    for number, source in enumerate(catalog.water_sources):
        yield from _of_source(("water_sources", number), source)
    yield from _without_file(catalog)


def _of_outfall(at: Place, outfall: Outfall) -> Iterator[Gap]:
    wanted = {**_OUTFALL, **(_PERMITTED if outfall.kind in _PERMIT_NEEDED else {})}
    yield from _missing(at, outfall.code, outfall, wanted)
    if outfall.receiving and outfall.receiving.protection_zone not in {None, Zone.NONE}:
        message = f"{outfall.code}: lies in a protection zone, where no outfall is allowed (Water Law art. 64)"
        yield Gap((*at, "receiving", "protection_zone"), message)
    for number, measure in enumerate(outfall.measures):
        if measure.due is None and measure.closed is None:
            yield Gap((*at, "measures", number), f"{outfall.code}: no date by which it is to be done 整治期限")


def _unwatched(at: Place, outfall: Outfall, catalog: Catalog) -> Iterator[Gap]:
    """Limits that no device of its can be held against, where it has devices at all."""
    measured = {name for station in outfall.stations for name in catalog.by_id[station].parameters}
    for name in outfall.permit.limits if outfall.permit and outfall.stations else ():
        if name not in measured:
            message = f"{outfall.code}: none of its stations measures {name} 无在线监测"
            yield Gap((*at, "permit", "limits", name), message)


def _of_source(at: Place, source: WaterSource) -> Iterator[Gap]:
    yield from _missing(at, source.code, source, _SOURCE)
    for number, monitor in enumerate(source.monitors):
        if monitor.velocity is None:
            message = f"{source.code}: no flow velocity from {monitor.station}, so no time of arrival 流速"
            yield Gap((*at, "monitors", number, "velocity"), message)


def _missing(at: Place, code: str, entry: object, wanted: dict[str, str]) -> Iterator[Gap]:
    """Fields that are empty; those of a part that is missing altogether are not said one by one."""
    for path, words in wanted.items():
        keys = path.split(".")
        value: object = entry
        for key in keys[:-1]:
            value = getattr(value, key) if value is not None else None
        if value is not None and getattr(value, keys[-1]) in (None, (), ""):
            yield Gap((*at, *keys), f"{code}: no {words}")


def _without_file(catalog: Catalog) -> Iterator[Gap]:
    for number, station in enumerate(catalog.stations):
        if station.kind is Kind.OUTFALL and station.id not in catalog.outfall_of:
            yield Gap(("stations", number, "id"), f"{station.id}: no outfall's file names it 没有“一口一档”")
        elif station.kind is Kind.SOURCE and station.id not in catalog.source_of:
            yield Gap(("stations", number, "id"), f"{station.id}: no water source names it 不属于任何水源地")
