"""Decode, validate, flag and evaluate alone: one process, no I/O, all shipped rules, a stream in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from time import process_time

from alerts.derivation import Derivation
from alerts.engine import Engine
from alerts.model import Heard
from alerts.rules.files import load_rules
from alerts.standards import load_air_standards
from alerts.standards.discharge_files import load_discharge_standards
from alerts.standards.water_files import load_water_standards
from ingest import collector
from ingest.adapters.alerting import air_network, outfall_network, places, water_network
from ingest.codecs import json
from ingest.fleet import Fleet
from ingest.model import Delivery
from ingest.topics import Address
from ingest.walk import Walk
from tests.bench.figures import Figure, Size
from tests.bench.network import CONFIG, START, Message, Network

FEW, MANY = 100, 10_000
MESSAGES = {Size.FULL: 120_000, Size.QUICK: 6_000}  # at least; as many before them warm the memories
_CHUNK = 200  # as the pipeline walks them
HOP = timedelta(seconds=20)  # from the end of a period to its receipt


@dataclass(slots=True)
class Spent:
    """CPU seconds by step, and for how many messages."""

    messages: int = 0
    decode: float = 0.0
    check: float = 0.0  # decoding included
    walk: float = 0.0  # both included
    fleet: float = 0.0
    indices: float = 0.0
    evaluate: float = 0.0

    def micros(self, seconds: float) -> float:
        """Microseconds a message."""
        return 1e6 * seconds / self.messages

    @property
    def whole(self) -> float:
        """All of it, once."""
        return self.walk + self.fleet + self.indices + self.evaluate


class Core:
    """The pure part, put together as the service does."""

    def __init__(self, network: Network) -> None:
        self.walk = Walk(catalog=network.catalog)
        self.fleet = Fleet()
        standards = CONFIG / "standards"
        self.derivation = Derivation(
            air=air_network(network.catalog, load_air_standards(standards)),
            outfalls=outfall_network(network.catalog, load_discharge_standards(standards)),
            water=water_network(network.catalog, load_water_standards(standards)),
        )
        self.engine = Engine(rules=load_rules(CONFIG / "rules"), places=places(network.catalog))
        self.transitions = 0

    def take(self, deliveries: list[Delivery], spent: Spent) -> None:
        """One chunk received at one moment, step by step."""
        began = process_time()
        for delivery in deliveries:
            json.decode(delivery.payload)
        decoded = process_time()
        for delivery in deliveries:
            address = self.walk._address(delivery.topic)
            assert isinstance(address, Address)
            self.walk._validated(address, delivery.payload)
        checked = process_time()
        outcomes = [self.walk.take(delivery) for delivery in deliveries]
        walked = process_time()
        for outcome in outcomes:
            self.fleet.hear(outcome.bundles)
        heard = process_time()
        now = deliveries[0].received_at
        fed: list[Heard] = [
            (outcome.bundles, [*self.derivation.feed(outcome.bundles, now), *outcome.completeness])
            for outcome in outcomes
        ]
        indexed = process_time()
        found = self.engine.hear(fed, now)
        evaluated = process_time()
        self.transitions += len(found)
        spent.messages += len(deliveries)
        spent.decode += decoded - began
        spent.check += checked - decoded
        spent.walk += walked - checked
        spent.fleet += heard - walked
        spent.indices += indexed - heard
        spent.evaluate += evaluated - indexed


def measure(size: Size) -> Iterator[Figure]:
    """At both sizes of network, and their ratio."""
    costs = []
    for stations in (FEW, MANY):
        spent = spend(Network(stations), MESSAGES[size])
        group = f"pure part, {stations} stations"
        cost = spent.micros(spent.whole)
        costs.append(cost)
        yield Figure(group=group, name="messages", value=1e6 / cost, unit="1/s")
        yield Figure(group=group, name="CPU a message", value=cost, unit="us", aim="< 30")
        yield Figure(group=group, name="of it decode", value=spent.micros(spent.decode), unit="us")
        walking = spent.micros(spent.walk - spent.decode)
        yield Figure(group=group, name="of it validate and flag", value=walking, unit="us")
        flagging = spent.micros(spent.walk - spent.check)
        name = "of that flags and completeness, six parameters"
        yield Figure(group=group, name=name, value=flagging, unit="us")
        yield Figure(group=group, name="of it fleet", value=spent.micros(spent.fleet), unit="us")
        yield Figure(group=group, name="of it windows and indices", value=spent.micros(spent.indices), unit="us")
        yield Figure(group=group, name="of it evaluate", value=spent.micros(spent.evaluate), unit="us")
    ratio = costs[1] / costs[0]
    yield Figure(group="pure part", name=f"{MANY} against {FEW} stations", value=ratio, unit="x", aim="<= 1.2")


def spend(network: Network, messages: int) -> Spent:
    """Walks that many messages (whole hours of them) to warm up, and as many again that count."""
    core = Core(network)
    hours = -(-messages // network.an_hour)
    collector.spare()  # as the service does
    spent = Spent()
    for number, (instant, batch) in enumerate(network.messages(START, 2 * hours)):
        if number == hours * 12:
            spent = Spent()
        for chunk in chunks(batch):
            core.take([Delivery(topic, payload, instant + HOP, 1) for topic, payload in chunk], spent)
    assert core.transitions == 0, "ordinary values warn of nothing"
    return spent


def chunks(batch: list[Message]) -> Iterator[list[Message]]:
    """As the pipeline walks them."""
    for start in range(0, len(batch), _CHUNK):
        yield batch[start : start + _CHUNK]
