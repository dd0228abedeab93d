"""What is to be told: worked out by the pure core alone, from the same deliveries, once, in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from alerts.book import Book
from alerts.derivation import Derivation
from alerts.engine import Engine
from alerts.naming import Naming
from alerts.telling import Telling
from ingest.adapters.alerting import air_network, outfall_network, places, water_network
from ingest.configuration import Configuration
from ingest.model import Delivery
from ingest.walk import Walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Ids of transitions and warnings, and the keys of the notifications they cause."""

    transitions: frozenset[str]
    warnings: frozenset[str]
    keys: frozenset[str]


def expected(configuration: Configuration, deliveries: Iterable[Delivery]) -> Expected:
    """No network, no disk, no clock but the deliveries' own times of receipt."""
    known = places(configuration.catalog)
    by_id = {place.id: place for place in known}
    walk, engine = Walk(catalog=configuration.catalog), Engine(rules=configuration.rules, places=known)
    derivation = Derivation(
        air=air_network(configuration.catalog, configuration.air),
        outfalls=outfall_network(configuration.catalog, configuration.discharge),
        water=water_network(configuration.catalog, configuration.water),
    )
    book = Book(
        rules={rule.id: rule for rule in configuration.rules}, places=by_id, procedures=configuration.procedures
    )
    naming = Naming(places=by_id, rules={}, parameters={}, console_url="", zone=ZoneInfo("Asia/Shanghai"))
    telling = Telling(people=configuration.people, naming=naming)
    transitions: dict[str, None] = {}
    told: dict[str, dict[str, str]] = {}
    for delivery in deliveries:
        bundles, now = walk.take(delivery).bundles, delivery.received_at
        for transition in engine.hear([(bundles, derivation.feed(bundles, now))], now):
            if transition.id in transitions:
                continue
            transitions[transition.id] = None
            entry = book.apply(transition)
            if entry is not None:
                keys = told.setdefault(entry.warning.id, {})
                keys |= {one.key: one.person for one in telling.notifications([entry], told)}
    return Expected(
        transitions=frozenset(transitions),
        warnings=frozenset(told),
        keys=frozenset(key for keys in told.values() for key in keys),
    )
