"""What is taken without a look is what a look finds nothing wrong with: with every shipped parameter's limits.

Streams by a seeded generator: two hundred values each, most of them ordinary, which hypothesis does not draw.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest
import yaml

from ingest.calm import Calm
from ingest.catalog import Parameter
from ingest.model import Delivery, Kind
from ingest.quality import Limits, judge, timing
from ingest.series import Series
from ingest.walk import Walk
from tests.bench.network import ORDINARY, Network
from tests.support.ingest import NOW, a_parameter, micros, the_station

SHIPPED = yaml.safe_load(Path("config/parameters.yaml").read_text(encoding="utf-8"))["parameters"]
PARAMETERS = {
    **{name: Parameter.model_validate(given) for name, given in SHIPPED.items()},
    "held": Parameter.model_validate(a_parameter(spike={"step": 20, "held": "suspect"}, rate={"step": 30})),
    "below zero": Parameter.model_validate(a_parameter(spike={"factor": 2}, rate={"factor": 1.5, "floor": 3})),
    "slow": Parameter.model_validate(a_parameter(rate={"step": 10})),
    "no limit": Parameter.model_validate(a_parameter()),
}
NETWORK = Network(3)  # a station of each kind, with permit limits, by the shipped catalogue
LATENESS = timedelta(hours=72) // timedelta(microseconds=1)
LONG = 200


class Sent(NamedTuple):
    """As it is judged; `delay` in hours."""

    at: int
    value: float | None
    mark: str
    delay: int


def stream(limits: Limits, step: int, chance: random.Random) -> Iterator[Sent]:
    """Mostly the next instant and a value near the one before; jumps that go back or stay, late and missing ones."""
    span = limits.usual_high - limits.usual_low
    level = limits.usual_low + span * chance.choice([0.02, 0.1, 0.3])
    newest = micros(NOW)
    for _ in range(LONG):
        far = jump(limits, level)
        level += far * chance.choice([0.0, 0.05, -0.05, 0.3, -0.3])
        value = level
        if chance.random() < 0.06:
            value += far * chance.choice([1.05, -1.05, 2.5, 0.95, 100])
            if chance.random() < 0.5:
                level = value
        level = min(max(level, limits.usual_low + span / 100), limits.usual_high - span / 100)
        steps = chance.choice([0, -1, -2, -3, 3, 13, 40]) if chance.random() < 0.08 else 1
        if steps < 0 and chance.random() < 0.7:  # an hour later it is what there was an hour ago
            value += far * chance.choice([-0.9, 0.9])
        at = newest + steps * step * 60_000_000
        newest = max(newest, at)
        is_odd = chance.random() < 0.05
        mark = chance.choice("NMT") if is_odd else "N"
        yield Sent(at, None if is_odd and mark == "N" else value, mark, chance.choice([1, 90]) if is_odd else 0)


def jump(limits: Limits, value: float) -> float:
    """The least distance from that value that is one, about."""
    reach = limits.spike if limits.rate is None or isfinite(min(limits.spike[:2])) else limits.rate.reach
    step, factor, floor = reach
    if isfinite(step):
        return step
    return (factor - 1) * max(value, floor, 0.1) if isfinite(factor) else limits.usual_high / 20


@pytest.mark.parametrize("name", PARAMETERS)
def test_calm_values_are_those_that_judge_passes(name: str) -> None:
    """Verdicts and memory are the same with `calm` asked first, whatever came before; also over a checkpoint."""
    taken: Counter[bool] = Counter()
    for seed in range(8):
        for step in (1, 5, 10, 60):
            chance = random.Random(f"{name} {step} {seed}")
            limits = Limits.of(PARAMETERS[name], the_station(interval=f"{step}m"))
            quick, thorough = Series(), Series()
            for number, (at, value, mark, delay) in enumerate(stream(limits, step, chance)):
                if number == LONG // 2:
                    quick = Series.restored(quick.snapshot())
                when = timing(at, at + delay * 3_600_000_000, LATENESS)
                wanted = judge(limits, thorough, at, value, mark, when)
                is_calm = mark == "N" and not delay and value is not None and quick.calm(at, value)
                given = ((1, ""), wanted[1]) if is_calm else judge(limits, quick, at, value, mark, when)
                assert given == wanted, (seed, step, number, value)
                assert quick.snapshot() == thorough.snapshot()
                taken[is_calm] += 1
    assert taken[True] > 500  # else the above says nothing


def test_calm_knows_what_was_corrected() -> None:
    """An hour later it is what there was an hour ago."""
    limits = Limits.of(Parameter.model_validate(a_parameter(rate={"factor": 1.5})), the_station(interval="5m"))
    series = Series()

    def take(number: int, value: float) -> tuple[int, str]:
        at = micros(NOW) + number * 300_000_000
        if series.calm(at, value):
            return 1, ""
        return judge(limits, series, at, value, "N", timing(at, at, LATENESS))[0]

    for number in range(25):
        take(number, 300.0 + number % 2 * 10)
    take(23, 100.0)
    take(24, 100.0)
    verdicts = [take(number, 300.0 + number % 2 * 10) for number in range(25, 37)]
    assert verdicts == [(1, "")] * 11 + [(3, "rate")]


def messages(kind: Kind, chance: random.Random) -> Iterator[Delivery]:
    """Of one station, most of them ordinary: jumps, late, missing and doubled ones, some of other parameters too."""
    (station,) = [entry for entry in NETWORK.entries if entry["kind"] == kind]
    step = {Kind.AIR: 60, Kind.SOURCE: 5, Kind.OUTFALL: 10}[kind]
    # particles nearly all fine, and a discharge close to its limit: what lies just on this side of a doubt
    levels = {
        **ORDINARY[kind],
        **({"pm2_5": 57.0} if kind is Kind.AIR else {"cod": 48.0} if kind is Kind.OUTFALL else {}),
    }
    newest, last = NOW, b""
    pace = chance.choice([0.0005, 0.01])
    is_copied = chance.random() < 0.3  # its second day
    sent: list[dict[str, float | None]] = []
    for number in range(LONG):
        levels = {name: level * chance.uniform(1 - pace, 1 + pace) for name, level in levels.items()}
        values: dict[str, float | None] = {name: round(level, chance.choice([1, 4])) for name, level in levels.items()}
        odd = chance.random()
        steps = 1
        if is_copied:
            odd, values = 0.5, values if number < 24 * 60 // step else sent[-24 * 60 // step]
            sent.append(values)
        if odd < 0.03:
            values[chance.choice([*values])] *= chance.choice([0.3, 1.5, 4, 1000])  # type: ignore[operator]
        elif odd < 0.05:
            values[chance.choice([*values])] = None
        elif odd < 0.07:
            del values[chance.choice([*values])]
        elif odd < 0.09:
            steps = chance.choice([0, -1, -3, -90, 4, 20])
        instant = newest + steps * timedelta(minutes=step)
        newest = max(newest, instant)
        body: dict[str, Any] = {"station": station["id"], "time": instant.isoformat(), "values": values}
        body["period"] = "instant" if odd > 0.02 else "1h"
        if odd > 0.98:
            body["marks"] = {chance.choice([*values]): chance.choice("NMT")}
        payload = last if 0.09 < odd < 0.1 and last else json.dumps(body).encode()
        last = payload
        topic = f"clearwarn/v1/{kind}/{station['id']}/reading"
        yield Delivery(topic, payload, newest + timedelta(seconds=20 if odd < 0.97 else 400_000), 1)


def test_calm_knows_what_it_was_not_asked_for() -> None:
    """An hour after a fault no value is as it was an hour ago, though all of them were ordinary before."""
    limits = Limits.of(Parameter.model_validate(a_parameter(rate={"factor": 1.5})), the_station(interval="5m"))
    series = Series()
    verdicts = []
    for number in range(42):
        value = {26: 600.0, 27: 640.0}.get(number, 300.0 + number % 2 * 10)
        at = micros(NOW) + number * 300_000_000
        is_calm = series.calm(at, value)
        verdicts.append((1, "") if is_calm else judge(limits, series, at, value, "N", timing(at, at, LATENESS))[0])
    assert [number for number, verdict in enumerate(verdicts) if verdict == (3, "rate")] == [26, 27, 39]


@pytest.mark.parametrize("kind", Kind)
def test_calm_messages_are_those_of_which_each_value_is(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same outcomes and memory as where every value is looked at by itself; also over a checkpoint."""
    taken: Counter[bool] = Counter()
    whole = Calm.take

    def counted(calm: Calm, at: int, values: Mapping[str, float | None]) -> Any:
        found = whole(calm, at, values)
        taken[found is not None] += 1
        return found

    for seed in range(12):
        chance = random.Random(f"{kind} {seed}")
        at_once, singly = Walk(catalog=NETWORK.catalog), Walk(catalog=NETWORK.catalog)
        for number, delivery in enumerate(messages(kind, chance)):
            monkeypatch.setattr(Calm, "take", lambda *_: None)
            wanted = singly.take(delivery)
            monkeypatch.setattr(Calm, "take", counted)
            assert at_once.take(delivery) == wanted, (seed, number)
            if chance.random() < 0.05:
                assert plain(at_once) == plain(singly), (seed, number)
            if chance.random() < 0.02:
                state = plain(at_once)
                at_once = Walk(catalog=NETWORK.catalog)
                at_once.restore(state)
    assert taken[True] > 500
    assert taken[False] > 50  # else the above says nothing


def plain(walk: Walk) -> Any:
    """What is remembered, as a checkpoint has it."""
    return orjson.loads(orjson.dumps(walk.snapshot(), default=list))
