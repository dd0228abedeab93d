"""InfluxDB's answers as Grafana's panels see them: named series, or rows of a table. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

_TAG = re.compile(r"\$tag_(\w+)")
_GROUP = re.compile(r"\$(\d)")

Answer = Sequence[Mapping[str, Any]]  # InfluxDB's `series`
Row = Mapping[str, Any]


class Series(NamedTuple):
    """Values over time (milliseconds); `field` is the name that overrides go by, `name` what is shown."""

    field: str
    name: str
    points: Sequence[tuple[int, float | None]]
    properties: Mapping[str, Any]


def series(panel: Mapping[str, Any], answers: Sequence[Answer]) -> list[Series]:
    """Every series that has a value, in the order of the questions."""
    found = []
    overrides = _overrides(panel)
    for target, answer in zip(panel["targets"], answers, strict=True):
        for name, points in _named(target, answer):
            field = _renamed(panel, name)
            properties = overrides.get(field, {})
            if any(value is not None for _, value in points):
                found.append(Series(field, str(properties.get("displayName", field)), points, properties))
    return found


def rows(answers: Sequence[Answer]) -> list[Row]:
    """Tags and fields side by side; `Time` in milliseconds."""
    return [
        {"Time": values[0], **one.get("tags", {}), **dict(zip(one["columns"][1:], values[1:], strict=True))}
        for answer in answers
        for one in answer
        for values in one["values"]
    ]


def properties_of(panel: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    """The panel's defaults with what is set for that field alone."""
    return {**panel["fieldConfig"]["defaults"], **_overrides(panel).get(field, {})}


def _overrides(panel: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for one in panel["fieldConfig"].get("overrides", ()):
        found.setdefault(one["matcher"]["options"], {}).update(
            {each["id"]: each["value"] for each in one["properties"]}
        )
    return found


def _named(target: Mapping[str, Any], answer: Answer) -> Iterator[tuple[str, list[tuple[int, float | None]]]]:
    for one in answer:
        tags = one.get("tags", {})
        for number, column in enumerate(one["columns"][1:], start=1):
            name = target.get("alias") or column
            for tag in _TAG.findall(name):
                name = name.replace(f"$tag_{tag}", str(tags.get(tag, "")))
            yield name.replace("$col", column), [(values[0], values[number]) for values in one["values"]]


def _renamed(panel: Mapping[str, Any], name: str) -> str:
    """As `renameByRegex` does, one pattern after the other."""
    for one in panel.get("transformations", ()):
        if one["id"] == "renameByRegex":
            shown = _GROUP.sub(r"\\\1", one["options"]["renamePattern"].replace("\\", "\\\\").replace("$$", "$\u0000"))
            name = re.sub(one["options"]["regex"], shown, name).replace("$\u0000", "$")
    return name
