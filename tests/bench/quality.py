"""Flags and water classes: what they cost a message of six parameters from the monitor of a source. Pure, in memory.

Classes with the means of hours and days that they are judged by.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import process_time

from alerts.standards.water_files import load_water_standards
from ingest.adapters.alerting import water_network
from ingest.bundle import Bundle
from ingest.codecs import json
from ingest.codecs.report import Malformed
from ingest.model import Kind
from ingest.moments import to_micros
from ingest.topics import Address
from ingest.walk import Walk
from tests.bench.figures import Figure, Size
from tests.bench.network import CONFIG, START, TICKS_AN_HOUR, Network
from tests.bench.pure import HOP

STATIONS = 100
HOURS = {Size.FULL: 72, Size.QUICK: 6}  # as many before them fill the memories


def measure(size: Size) -> Iterator[Figure]:
    """Mean of all messages, those that end an hour and a day among them."""
    network = Network(STATIONS)
    walk = Walk(catalog=network.catalog)
    water = water_network(network.catalog, load_water_standards(CONFIG / "standards"))
    flags = classes = 0.0
    messages = 0
    for number, (instant, batch) in enumerate(network.messages(START, 2 * HOURS[size], kinds=[Kind.SOURCE])):
        received_at = instant + HOP
        walk._received_at, walk._received = received_at, to_micros(received_at)
        claimed = []
        for topic, payload in batch:
            address, report = walk._address(topic), json.decode(payload)
            assert isinstance(address, Address)
            assert not isinstance(report, Malformed)
            validated = walk._validator.check(address, report)
            assert validated.station is not None
            claimed.append((validated.station, validated.claims[0]))
        began = process_time()
        each = [walk._flags(station, claim, to_micros(claim.instant), []) for station, claim in claimed]
        flagged = process_time()
        heard = [
            Bundle(
                station.id,
                station.kind.value,
                claim.period,
                claim.instant,
                to_micros(claim.instant),
                received_at,
                values,
            )
            for (station, claim), values in zip(claimed, each, strict=True)
        ]
        begun = process_time()
        for bundle in heard:
            water.feed([bundle], received_at)
        judged = process_time()
        if number >= HOURS[size] * TICKS_AN_HOUR:
            flags += flagged - began
            classes += judged - begun
            messages += len(batch)
    group = "quality and classes, a source's message of six parameters"
    for name, seconds, aim in (
        ("flags", flags, ""),
        ("classes", classes, ""),
        ("together", flags + classes, "< 15"),
    ):
        yield Figure(group=group, name=name, value=1e6 * seconds / messages, unit="us", aim=aim)
