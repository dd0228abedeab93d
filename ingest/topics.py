"""MQTT topics of DESIGN section 5, read and made. Pure.

A device publishes below `clearwarn/v1/{kind}/{station}/` and nowhere else; whoever forecasts for an area publishes on
`clearwarn/v1/forecast/{area}`. What comes over TCP from an HJ 212 device is kept under `clearwarn/v1/tcp/{MN}/hj212`:
which station that is, the catalogue says when it is walked, now or in a redrive. No subscription reaches there.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from ingest.model import MEASUREMENTS, UNKNOWN_STATION, Foretelling, Kind, Reason, Rejection

ROOT = "clearwarn/v1"
CLOCK = f"{ROOT}/clock"  # heeded with `--clock replay` alone
INDEX = f"{ROOT}/index"  # ours: the newest indices of a station or an area, retained, below its id
SUBSCRIPTIONS = tuple(f"{ROOT}/{kind}/#" for kind in MEASUREMENTS)
_FORECASTS = f"{ROOT}/{Foretelling.FORECAST}/"

TCP = "tcp"  # in place of a kind: the station is named by its MN

_DEPTH = 5


class Leaf(StrEnum):
    """What a device publishes: the last part of its topic. A forecast has none: its area is the last part."""

    READING = "reading"
    HJ212 = "hj212"
    STATUS = "status"
    FORECAST = "forecast"


class Address(NamedTuple):
    """Who a topic speaks for, and in which form. Of kind `TCP` the station is an MN."""

    kind: str
    station: str
    leaf: Leaf


_KINDS = frozenset(Kind)
_LEAVES = {leaf.value: leaf for leaf in Leaf if leaf is not Leaf.FORECAST}


def read(topic: str) -> Address | Rejection:
    """The address a topic names, or why it names none."""
    if topic.startswith(_FORECASTS) and (area := topic.removeprefix(_FORECASTS)) and "/" not in area:
        return Address(Foretelling.FORECAST.value, area, Leaf.FORECAST)
    parts = topic.split("/")
    if len(parts) == _DEPTH and parts[2:] == [TCP, parts[3], Leaf.HJ212.value] and "/".join(parts[:2]) == ROOT:
        return Address(TCP, parts[3], Leaf.HJ212)
    if len(parts) != _DEPTH or "/".join(parts[:2]) != ROOT or parts[2] not in _KINDS or parts[4] not in _LEAVES:
        return Rejection(reason=Reason.UNKNOWN_TOPIC, detail=f"not a device's topic: {topic}", station=UNKNOWN_STATION)
    return Address(parts[2], parts[3], _LEAVES[parts[4]])


def index_of(subject: str) -> str:
    """Where the newest indices of a station or an area stand."""
    return f"{INDEX}/{subject}"


def of(kind: str, station: str, leaf: Leaf) -> str:
    """The topic of that address."""
    return f"{ROOT}/{kind}/{station}" if leaf is Leaf.FORECAST else f"{ROOT}/{kind}/{station}/{leaf}"


def forecast(area: str) -> str:
    """Where AQI forecasts for that area are published."""
    return of(Foretelling.FORECAST, area, Leaf.FORECAST)
