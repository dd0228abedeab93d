"""What differs between two settings of one thing, in words: `orange raise 150 -> 200 ug/m3`. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel

from alerts import durations
from alerts.index_names import limited
from alerts.model import Act, ActKind, Level, PollutionWarning, WarningType
from alerts.notifications import Channel
from alerts.people import Receiver, Told
from alerts.routing import hearing
from alerts.rules import Rule

_WITH_UNIT = frozenset({"raise", "lift"})
_NOTHING = "-"


def differences(
    before: BaseModel, after: BaseModel, *, unit: str = "", without: Collection[str] = ()
) -> tuple[str, ...]:
    """One line for each setting that differs, `name before -> after`; `-` for what is not given."""
    old, new = _flat(before, without), _flat(after, without)
    found = []
    for name in dict.fromkeys([*old, *new]):
        was, now = old.get(name, _NOTHING), new.get(name, _NOTHING)
        if was != now:
            measured = f" {unit}" if unit and name.rpartition(" ")[2] in _WITH_UNIT else ""
            found.append(f"{name} {was} -> {now}{measured}")
    return tuple(found)


def rule_differences(before: Rule, after: Rule) -> tuple[str, ...]:
    """Levels with their numbers and unit first. The parameters and periods of an entry are other rules: not here."""
    of_limit = getattr(getattr(after, "value", None), "of_limit", False) or any(map(limited, after.select.parameter))
    unit = "x the limit" if of_limit else "%" if getattr(after, "percent", False) else getattr(after, "unit", "")
    return tuple(sorted(differences(before, after, unit=unit, without={"id"}), key=lambda line: " raise " not in line))


def receiver_differences(before: Receiver, after: Receiver) -> tuple[str, ...]:
    """The log has no address that could differ: it is there or it is not."""
    logs = ["yes" if Channel.LOG in one.channels.addresses else _NOTHING for one in (before, after)]
    log = (f"channels log {logs[0]} -> {logs[1]}",) if logs[0] != logs[1] else ()
    return (*differences(before, after, without={"id"}), *log)


def looks_elsewhere(before: Rule, after: Rule) -> bool:
    """Whether a state of the one means nothing to the other: another series, or silence in place of values."""
    silence = {rule.kind == "absence" for rule in (before, after)}
    select = {(rule.select.parameter, rule.select.period, rule.select.per) for rule in (before, after)}
    return len(silence) > 1 or (len(select) > 1 and after.kind != "absence")


def hears(before: Told | None, after: Told | None, areas: Collection[str]) -> tuple[bool, bool]:
    """Whether a receiver is told of more, and whether of less, than before. None for one that is not there."""
    was, now = (set(_heard(told, areas)) if told is not None else set() for told in (before, after))
    return bool(now - was), bool(was - now)


def would_hear(told: Told | None, warning: PollutionWarning, *, area: str, heard_before: bool) -> bool:
    """Whether a receiver with those filters would be told of that warning's rising."""
    if told is None:
        return False
    act = Act(warning=warning.id, kind=ActKind.UPGRADED, at=warning.changed_at, level=warning.level)
    return hearing(told, warning, act, area=area, heard_before=heard_before).hears


def _heard(told: Told, areas: Collection[str]) -> Iterator[tuple[str, ...]]:
    """What lets a warning through: types, kinds, areas, levels and acts are asked apart, as `routing` does."""
    kinds = ("air", "source", "outfall")
    for type_ in told.types or WarningType:
        for kind in told.kinds or kinds:
            for area in told.areas or areas:
                for level in Level:
                    if level.rank >= told.minimum.rank:
                        yield from ((type_, kind, area, level, act) for act in told.acts)


def _flat(model: BaseModel, without: Collection[str]) -> dict[str, str]:
    given = model.model_dump(by_alias=True, exclude=set(without))
    return {" ".join(path): text for path, text in _walk(given, ()) if text != _NOTHING}


def _walk(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            name = _text(key)
            yield from _walk(inner, path if name == "levels" else (*path, name))
    elif isinstance(value, (list, tuple)) and any(isinstance(one, Mapping) for one in value):
        if len(value) == 1 and path and path[-1] == "any_of":
            yield from _walk(value[0], path[:-1])  # a condition written in place
        else:
            for number, one in enumerate(value, start=1):
                yield from _walk(one, (*path, str(number)))
    else:
        yield path, _text(value)


def _text(value: Any) -> str:
    match value:
        case None:
            return _NOTHING
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case timedelta():
            return durations.text(value)
        case list() | tuple() | set() | frozenset():
            items = [_text(one) for one in value]
            return ", ".join(items if isinstance(value, list | tuple) else sorted(items)) or _NOTHING
        case _:
            return str(value)
