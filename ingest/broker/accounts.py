"""Who may publish and read what, from the catalogue. Pure.

A device's account has its station's id as name. Ours have a dot in theirs, which no station's id can have.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from ingest import topics
from ingest.broker.options import MosquittoOptions
from ingest.catalog import Catalog
from ingest.settings import ServiceSettings

SERVICE, FORECAST = "clearwarn.service", "clearwarn.forecast"
SIMULATOR, HEALTH = "clearwarn.simulator", "clearwarn.health"
UPTIME = "$SYS/broker/uptime"


class Access(StrEnum):
    """As mosquitto's ACL writes it."""

    READ = "read"
    WRITE = "write"


class Grant(NamedTuple):
    """One line of the ACL."""

    access: Access
    topic: str


class Account(NamedTuple):
    """A name with a password of its own."""

    name: str
    grants: tuple[Grant, ...]


def accounts(catalog: Catalog, options: MosquittoOptions) -> tuple[Account, ...]:
    """Ours, then a device's for each station, by name."""
    ours = [_service(simulated=options.simulator), Account(HEALTH, (Grant(Access.READ, UPTIME),))]
    if options.forecast:
        areas = (topics.forecast(area.id) for area in catalog.areas)
        ours.append(Account(FORECAST, tuple(Grant(Access.WRITE, area) for area in areas)))
    if options.simulator:
        ours.append(Account(SIMULATOR, (Grant(Access.WRITE, f"{topics.ROOT}/#"),)))
    return (*ours, *_devices(catalog))


def misfits(catalog: Catalog, service: ServiceSettings, options: MosquittoOptions) -> Iterator[tuple[str, str]]:
    """What does not fit together: path in `broker.yaml`, or none, and message."""
    if service.broker.client_id in catalog.by_id:
        # On the devices' listener the station's id is its client id: it would take our session over, queue and all.
        yield "", f"station {service.broker.client_id!r} has the service's broker.client_id: give one of them another"
    if options.queues.forget_after < service.broker.session_expiry:
        expiry = service.broker.session_expiry
        yield "queues.forget_after", f"the broker would forget us before session_expiry of service.yaml ({expiry})"


def _service(*, simulated: bool) -> Account:
    """A replayed clock is heard only where the simulator may tell it."""
    heard = [*topics.SUBSCRIPTIONS, *([topics.CLOCK] if simulated else [])]
    said = [f"{topics.ROOT}/warning/#", f"{topics.INDEX}/#"]
    granted = (*(Grant(Access.READ, topic) for topic in heard), *(Grant(Access.WRITE, topic) for topic in said))
    return Account(SERVICE, granted)


def _devices(catalog: Catalog) -> Iterator[Account]:
    """All below its own, not the known leaves alone: the broker drops what it refuses and tells an MQTT 3.1.1 device
    that all is well, while a wrong leaf that reaches us is seen in quarantine.
    """
    for station in sorted(catalog.stations, key=lambda station: station.id):
        yield Account(station.id, (Grant(Access.WRITE, f"{topics.ROOT}/{station.kind}/{station.id}/#"),))
