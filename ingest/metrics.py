"""Prometheus's text format, version 0.0.4. Pure: figures in, text out.

Written here, since it is some twenty lines: a client library would bring a registry of global state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple


class Metric(StrEnum):
    """What a scraper may make of it: a counter only grows, but for a restart."""

    COUNTER = "counter"
    GAUGE = "gauge"


class Family(NamedTuple):
    """One name with its samples: (labels, value)."""

    name: str
    metric: Metric
    help: str
    samples: Iterable[tuple[Mapping[str, str], float]]


def by(label: str, values: Mapping[str, float]) -> list[tuple[Mapping[str, str], float]]:
    """A sample for each value, told apart by that label."""
    return [({label: name}, value) for name, value in values.items()]


def one(value: float) -> list[tuple[Mapping[str, str], float]]:
    """A single sample without labels."""
    return [({}, value)]


def text(families: Iterable[Family]) -> str:
    """Each family with its HELP and TYPE lines."""
    lines: list[str] = []
    for name, metric, about, samples in families:
        lines += [f"# HELP {name} {_escaped(about)}", f"# TYPE {name} {metric.value}"]
        lines += [f"{name}{_labels(labels)} {value}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    said = ",".join(f'{name}="{_quoted(value)}"' for name, value in labels.items())
    return f"{{{said}}}"


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(value: str) -> str:
    return _escaped(value).replace('"', '\\"')
