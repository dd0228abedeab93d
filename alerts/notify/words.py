"""The vocabulary of messages, by language. Every member of every enum has its word: a test says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.model import ActKind, Level, WarningState, WarningType
from alerts.notifications import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language's words and sentences."""

    levels: Mapping[Level, str]
    types: Mapping[WarningType, str]
    states: Mapping[WarningState, str]
    acts: Mapping[ActKind, str]  # as the subject line says it
    headline: str  # level, type, act, place
    station: str  # name, id
    colon: str
    rule: str
    level: str
    state: str
    where: str
    since: str
    lifted: str
    why: str
    missing: str  # count
    by: str
    reason: str
    open: str
    drill: str
    drill_line: str
    repeat: str
    repeat_line: str
    basis_withdrawn: str
    lift_due: str
    advisory: str


_ZH = Words(
    levels={Level.BLUE: "蓝色", Level.YELLOW: "黄色", Level.ORANGE: "橙色", Level.RED: "红色"},
    types={
        WarningType.POLLUTION_WEATHER: "污染天气预警",
        WarningType.WATER_SOURCE: "饮用水水源预警",
        WarningType.OUTFALL: "排污口超标预警",
        WarningType.DEVICE: "设备异常预警",
        WarningType.DATA_QUALITY: "数据质量预警",
    },
    states={
        WarningState.PROPOSED: "待签发",
        WarningState.ISSUED: "已发布",
        WarningState.LIFTED: "已解除",
        WarningState.DISMISSED: "不予发布",
        WarningState.LAPSED: "建议已失效",
    },
    acts={
        ActKind.PROPOSED: "建议发布",
        ActKind.ISSUED: "发布",
        ActKind.UPGRADED: "升级",
        ActKind.DOWNGRADED: "降级",
        ActKind.LIFTED: "解除",
        ActKind.DISMISSED: "不予发布",
        ActKind.LAPSED: "条件已消失，建议失效",
        ActKind.LIFT_DUE: "可以解除，请处理",
        ActKind.RETURNED: "条件重现",
        ActKind.BASIS_WITHDRAWN: "依据已撤销，请核实",
        ActKind.ACKNOWLEDGED: "已确认",
    },
    headline="{level}{type}{act}：{place}",
    station="{name}（{id}）",
    colon="：",
    rule="事项",
    level="级别",
    state="状态",
    where="地点",
    since="起始",
    lifted="解除时间",
    why="依据",
    missing="窗口内缺 {count} 个数据",
    by="操作人",
    reason="理由",
    open="查看与处理",
    drill="【演练】",
    drill_line="【演练】这是一次演练，不是真实预警。",
    repeat="【可能重复】",
    repeat_line="【可能重复】上一次发送结果不明，您可能已收到过本消息。",
    basis_withdrawn="数据修订后，原依据不再成立，需人工决定。",
    lift_due="条件已消除，需人工解除。",
    advisory="内部提示，供值班与应急人员使用，不代替人民政府发布的预警。",
)

_EN = Words(
    levels={Level.BLUE: "blue", Level.YELLOW: "yellow", Level.ORANGE: "orange", Level.RED: "red"},
    types={
        WarningType.POLLUTION_WEATHER: "polluted-weather warning",
        WarningType.WATER_SOURCE: "water-source warning",
        WarningType.OUTFALL: "outfall warning",
        WarningType.DEVICE: "device warning",
        WarningType.DATA_QUALITY: "data-quality warning",
    },
    states={
        WarningState.PROPOSED: "proposed, waiting to be signed",
        WarningState.ISSUED: "issued",
        WarningState.LIFTED: "lifted",
        WarningState.DISMISSED: "dismissed",
        WarningState.LAPSED: "lapsed",
    },
    acts={
        ActKind.PROPOSED: "proposed",
        ActKind.ISSUED: "issued",
        ActKind.UPGRADED: "upgraded",
        ActKind.DOWNGRADED: "downgraded",
        ActKind.LIFTED: "lifted",
        ActKind.DISMISSED: "dismissed",
        ActKind.LAPSED: "lapsed: the condition cleared before anybody decided",
        ActKind.LIFT_DUE: "may be lifted, please decide",
        ActKind.RETURNED: "has returned",
        ActKind.BASIS_WITHDRAWN: "has lost its basis, please check",
        ActKind.ACKNOWLEDGED: "acknowledged",
    },
    headline="{level} {type} {act}: {place}",
    station="{name} ({id})",
    colon=": ",
    rule="What",
    level="Level",
    state="State",
    where="Where",
    since="Since",
    lifted="Lifted",
    why="Because",
    missing="values missing from the window: {count}",
    by="By",
    reason="Reason",
    open="See and act",
    drill="[DRILL] ",
    drill_line="[DRILL] This is an exercise, not a real warning.",
    repeat="[MAY BE A REPEAT] ",
    repeat_line="[MAY BE A REPEAT] The outcome of an earlier attempt is not known; you may have had this message.",
    basis_withdrawn="After a revision of the data the basis no longer holds: a person must decide.",
    lift_due="The condition has cleared: a person must lift.",
    advisory="Internal advisory for duty officers and emergency staff; it does not replace a government warning.",
)

WORDS: Mapping[Language, Words] = {Language.ZH: _ZH, Language.EN: _EN}
