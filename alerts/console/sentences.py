"""Units and the frozen inequality as people read them. Pure.

Evidence holds its inequality in English, as the rule wrote it when it became true, and is never rewritten. A Chinese
page says the same in Chinese where the sentence has one of the known forms; another form is shown as it stands.
"""

from __future__ import annotations

import re

from alerts.console.language import Language

_UNITS = {
    "ug/m3": "μg/m³",
    "mg/m3": "mg/m³",
    "ng/m3": "ng/m³",
    "ug/L": "μg/L",
    "uS/cm": "μS/cm",
    "degC": "°C",
    "deg": "°",
    "m3/h": "m³/h",
    "m3/s": "m³/s",
}
_SIGNS = {">=": "≥", "<=": "≤"}

_REASONS = {
    "flat_line": ("数据长时间不变", "flat line"),
    "spike": ("突变", "spike"),
    "range": ("超出量程", "out of range"),
    "future": ("时间超前", "from the future"),
    "late": ("迟到", "late"),
}

_IN_CHINESE = tuple(
    (re.compile(form), said)
    for form, said in (
        (r"^(\S+) mean of (\S+) ", r"\2 的 \1均值 "),
        (r"^(\S+) (\S+) as a share of the limit (.+?): ", r"\2（\1）与限值 \3 之比 "),
        (r"^rise of (\S+) within (\S+) ", r"\1 在 \2内上升 "),
        (r"^fall of (\S+) within (\S+) ", r"\1 在 \2内下降 "),
        (r"^change of (\S+) within (\S+) ", r"\1 在 \2内变化 "),
        (
            r"; reaches (\S+) between (\S+ \S+) and (\S+ \S+) UTC(\S+) \((\S+) km at (\S+) to (\S+) m/s ",
            r"；预计 \2 至 \3（UTC\4）到达 \1 (\5 km，流速 \7 至 \6 m/s，",
        ),
        (r"as configured: none was measured at (\S+) for (\w+)\)", r"按配置：\1 已有 \2未测得流速)"),
        (r"as configured: (\S+) m/s measured at (\S+) is not among them\)", r"按配置：\2 测得的 \1 m/s 不在其内)"),
        (r"as configured\)", "按配置)"),
        (r"from (\S+) m/s measured at (\S+)\)", r"由 \2 测得的 \1 m/s 推算)"),
        (r"from (\S+) to (\S+) m/s measured at (\S+)\)", r"由 \3 测得的 \1 至 \2 m/s 推算)"),
        (r"; at the intake in (\S+) h at the earliest ", r"；最早 \1 h 到达取水口，"),
        (r"; when it reaches the intake is not known", "；到达取水口的时间未知"),
        (r", and the last that exceeded has passed the intake", "，超标水体已通过取水口"),
        (r"^no forecast; ", "没有预报；"),
        (r"^forecast of (\S+ \S+) UTC(\S+): ([^;]*); ", r"\1（UTC\2）发布的预报：\3；"),
        (r"> (\S+) on (\d+) days?", r"\2 天 > \1"),
        (r"stays at most (\S+) for (\S+)", r"未来 \2内不高于 \1"),
        (r"^rise of (\S+) against the last (\S+) ", r"\1 较前 \2上升，偏离 "),
        (r"^fall of (\S+) against the last (\S+) ", r"\1 较前 \2下降，偏离 "),
        (r"^change of (\S+) against the last (\S+) ", r"\1 较前 \2偏离 "),
        (r"; together (\S+) ", r"；合计 \1 "),
        (r"^together (\S+) ", r"合计 \1 "),
        (r" times what is usual here", " 倍常态"),
        (r"no longer ", "不再满足："),
        (r"^(\d+) samples of (\S+) in a row flagged ", r"\2 连续 \1 个数据被标记为 "),
        (r"^(\d+) samples of (\S+) in a row not flagged ", r"\2 连续 \1 个数据未被标记为 "),
        (
            r", confirmed by (.+?) at (\d{4}-\d\d-\d\d \d\d:\d\d UTC[+\-\d:]+)",
            r"，同站另有参数佐证：\1（\2）",
        ),
        (r"unusual (?:rise|fall|change) of (\S+) to ", r"\1 异常波动至 "),
        (r"(?<=佐证：)rise of (\S+) to ", r"\1 突升至 "),
        (r"(?<=佐证：)fall of (\S+) to ", r"\1 突降至 "),
        (r"(?<=佐证：)change of (\S+) to ", r"\1 突变至 "),
        (r"^nothing accepted for (\S+)$", r"已有 \1没有有效数据"),
        (r"^a current reading has come$", "已收到新数据"),
        (r" for (\d\S*)", r"，持续 \1"),
        (r", (\d+) samples", r"，连续 \1 个数据"),
        (r" and ", " 且 "),
        (r" or ", " 或 "),
        (r"(?<![\w.])(\d+)d(?![A-Za-z])", r"\1 天"),
        (r"(?<![\w.])(\d+)h(?![A-Za-z])", r"\1 小时"),
        (r"(?<![\w.])(\d+)m(?![A-Za-z])", r"\1 分钟"),
        (r"(?<![\w.])(\d+)s(?![A-Za-z])", r"\1 秒"),
    )
)


def unit(name: str) -> str:
    """A unit as it is printed: `ug/m3` is `μg/m³`."""
    return _UNITS.get(name, name)


def inequality(sentence: str, parameter: str | None, name: str, language: Language) -> str:
    """The inequality with printed signs and units, the parameter and flags by name. Numbers stay as they are."""
    if language is Language.ZH:
        for form, said in _IN_CHINESE:
            sentence = form.sub(said, sentence)
    for plain, printed in (*_UNITS.items(), *_SIGNS.items()):
        if plain != "deg":  # also the beginning of English words
            sentence = sentence.replace(plain, printed)
    for reason, names in _REASONS.items():
        sentence = re.sub(rf"(?<=标记为 ){reason}\b|(?<=flagged ){reason}\b", language.of(names), sentence)
    return named(sentence, parameter, name) if parameter else sentence


def named(sentence: str, parameter: str, name: str) -> str:
    """With the parameter by name."""
    return re.sub(rf"(?<!\w){re.escape(parameter)}(?!\w)", lambda _: name, sentence)


_CONFIRMED_BY = re.compile(r", confirmed by (?:(?:unusual )?(?:rise|fall|change) of )?(\w+) ")


_SCORES = re.compile(r"(\w+) -?[\d.]+(?:e-?\d+)?(?:, |; together)")


def others(sentence: str) -> tuple[str, ...]:
    """The parameters that it names beside that of the warning: what confirmed it, or what changed together."""
    confirmed = _CONFIRMED_BY.findall(sentence)
    return tuple(confirmed or (_SCORES.findall(sentence) if "; together " in sentence else ()))


_COMPARED = re.compile(r"[<>]=?\s*([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*([^\s,;()]*)")
_OTHER_KIND = re.compile(r"\b(?:rise|fall|change|share) of\b|%")
_JOINS = frozenset({"for", "and", "or"})  # what follows the number of a parameter without a unit


def threshold(sentence: str, unit_name: str) -> float | None:
    """The limit an inequality names, where it is in the parameter's own unit and so belongs on the parameter's curve.

    A ratio of a limit, a length of silence or a rate of change is a number of another kind: None.
    """
    sentence = sentence.partition(", confirmed by ")[0]
    if _OTHER_KIND.search(sentence):
        return None
    for value, said in _COMPARED.findall(sentence):
        if ("" if said in _JOINS else said) == unit_name:
            return float(value)
    return None
