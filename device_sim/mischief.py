"""Messages damaged on their way, on purpose: what a service must live with. Pure and seeded.

Works on encoded messages, so that it can do what no honest encoder would. What a broken sensor does is `faults`'.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson

from device_sim.chance import uniform
from device_sim.encoder import Dispatch
from device_sim.errors import ScenarioError


class Mischief(StrEnum):
    """What may happen to a message."""

    DUPLICATE = "duplicate"
    SHUFFLED = "shuffled"
    DELAYED = "delayed"
    BROKEN_JSON = "broken_json"
    WRONG_STATION = "wrong_station"
    UNKNOWN_PARAMETER = "unknown_parameter"
    SPIKE = "spike"
    CLOCK_SKEW = "clock_skew"


USUAL_SHARE = 0.01
SHUFFLE = timedelta(minutes=10)  # more than two five-minute reports: neighbours change places
DELAY = timedelta(hours=6)  # a mobile network that was away for a shift
SKEW = timedelta(hours=36)  # a device that lost its clock and woke up in the future


def parse(words: Iterable[str]) -> dict[Mischief, float]:
    """`duplicate`, `duplicate=0.05`, `all`, comma separated. Raises `ScenarioError` naming what there is."""
    shares: dict[Mischief, float] = {}
    for word in (part.strip() for given in words for part in given.split(",")):
        if not word:
            continue
        name, _, share = word.partition("=")
        try:
            number = float(share) if share else USUAL_SHARE
            chosen = list(Mischief) if name == "all" else [Mischief(name)]
        except ValueError as error:
            known = ", ".join(Mischief)
            raise ScenarioError(f"no fault {word!r}: one of all, {known}; with =share (0 to 1) if wanted") from error
        if not 0 <= number <= 1:
            raise ScenarioError(f"the share of {name!r} is from 0 to 1")
        shares.update(dict.fromkeys(chosen, number))
    return shares


def through(dispatches: Iterable[Dispatch], shares: Mapping[Mischief, float], *, seed: int) -> Iterator[Dispatch]:
    """The same stream as it arrives: in order of (possibly later) due time. Holds up to six hours of messages."""
    waiting: list[tuple[datetime, int, Dispatch]] = []
    number = 0
    for dispatch in dispatches:
        while waiting and waiting[0][0] <= dispatch.due:
            yield heapq.heappop(waiting)[2]
        for damaged in _suffered(dispatch, shares, seed):
            number += 1
            heapq.heappush(waiting, (damaged.due, number, damaged))
    while waiting:
        yield heapq.heappop(waiting)[2]


def _suffered(dispatch: Dispatch, shares: Mapping[Mischief, float], seed: int) -> list[Dispatch]:
    key = f"{dispatch.topic}|{dispatch.due.isoformat()}|{len(dispatch.payload)}"
    result = [dispatch]
    for mischief, share in shares.items():
        if uniform(seed, mischief.value, key) < share:
            chance = uniform(seed, mischief.value, "how", key)
            result = [after for before in result for after in _DOES[mischief](before, chance)]
    return result


def _duplicate(dispatch: Dispatch, chance: float) -> list[Dispatch]:
    return [dispatch, dispatch._replace(due=dispatch.due + SHUFFLE * chance)]


def _later(by: timedelta) -> Callable[[Dispatch, float], list[Dispatch]]:
    return lambda dispatch, chance: [dispatch._replace(due=dispatch.due + by * chance)]


def _broken(dispatch: Dispatch, chance: float) -> list[Dispatch]:
    return [dispatch._replace(payload=dispatch.payload[: int(len(dispatch.payload) * chance)])]


def _edited(edit: Callable[[dict[str, Any], float], None]) -> Callable[[Dispatch, float], list[Dispatch]]:
    def applied(dispatch: Dispatch, chance: float) -> list[Dispatch]:
        try:
            body = orjson.loads(dispatch.payload)
        except orjson.JSONDecodeError:
            return [dispatch]  # another mischief was here before
        for reading in body.get("readings", [body]):
            if "values" in reading:  # a forecast and the clock are not readings: only the way damages them
                edit(reading, chance)
        return [dispatch._replace(payload=orjson.dumps(body))]

    return applied


def _impostor(reading: dict[str, Any], _chance: float) -> None:
    reading["station"] += "-other"


def _stranger(reading: dict[str, Any], chance: float) -> None:
    reading["values"]["unobtainium"] = round(chance, 3)


def _spike(reading: dict[str, Any], chance: float) -> None:
    if values := reading["values"]:
        name = sorted(values)[int(chance * len(values))]
        values[name] = values[name] * 20


def _skewed(reading: dict[str, Any], _chance: float) -> None:
    reading["time"] = (datetime.fromisoformat(reading["time"]) + SKEW).isoformat()


_DOES: Mapping[Mischief, Callable[[Dispatch, float], list[Dispatch]]] = {
    Mischief.DUPLICATE: _duplicate,
    Mischief.SHUFFLED: _later(SHUFFLE),
    Mischief.DELAYED: _later(DELAY),
    Mischief.BROKEN_JSON: _broken,
    Mischief.WRONG_STATION: _edited(_impostor),
    Mischief.UNKNOWN_PARAMETER: _edited(_stranger),
    Mischief.SPIKE: _edited(_spike),
    Mischief.CLOCK_SKEW: _edited(_skewed),
}
