"""mosquitto's files as texts. Pure: catalogue and options in, texts out, with the reason beside each setting."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import PurePosixPath
from typing import NamedTuple

from ingest.broker.accounts import HEALTH, UPTIME, Account
from ingest.broker.options import MosquittoOptions
from ingest.catalog import Catalog

CONFIGURATION, ACL, PASSWORDS = "mosquitto.conf", "acl", "passwords"
HEALTH_CHECK = "mosquitto_sub"  # the name by which that program looks for it below XDG_CONFIG_HOME
CERTIFICATE, KEY = "server.pem", "server.key"
_A_MESSAGE = 1024  # bytes a queued message takes of the broker's memory: a reading of ten parameters and its keeping
_LEAST_QUEUE = 100_000  # messages: a back-fill of a small network in one go
_PERIODS = 2  # an outfall sends ten minutes and hours: what a station sends at most in an interval, in messages


class Place(NamedTuple):
    """Where the broker finds its files: another folder in a container than where they were written."""

    files: PurePosixPath
    data: PurePosixPath
    container: bool = False


CONTAINER = Place(PurePosixPath("/mosquitto/config"), PurePosixPath("/mosquitto/data"), container=True)


def queue_length(catalog: Catalog, away: timedelta) -> int:
    """Messages that all stations send in that time."""
    sent = sum(away / station.interval for station in catalog.stations)
    return max(_LEAST_QUEUE, math.ceil(sent * _PERIODS))


def acl(every: Iterable[Account]) -> str:
    """A paragraph an account. What is not granted is refused."""
    return "\n".join(f"user {account.name}\n{_granted(account)}" for account in every)


def _granted(account: Account) -> str:
    return "".join(f"topic {access} {topic}\n" for access, topic in account.grants)


def passwords(hashes: Mapping[str, str]) -> str:
    """A line an account."""
    return "".join(f"{name}:{hashed}\n" for name, hashed in hashes.items())


def health_check(options: MosquittoOptions, password: str) -> str:
    """Options of mosquitto_sub, which then asks for the broker's uptime: no password on a command line."""
    return f"-h 127.0.0.1\n-p {options.listeners.local}\n-u {HEALTH}\n-P {password}\n-t {UPTIME}\n-C 1\n-W 5\n"


def configuration(catalog: Catalog, options: MosquittoOptions, place: Place) -> str:
    """`mosquitto.conf` for mosquitto 2."""
    return "\n".join(
        [*_who(place), *_kept(place, options), *_queued(catalog, options), *_listeners(options, place), *_said()]
    )


def _who(place: Place) -> Iterator[str]:
    yield _why("Nobody without a password; each account has topics of its own, the same on every listener.")
    yield "per_listener_settings false"
    yield "allow_anonymous false"
    yield f"password_file {place.files / PASSWORDS}"
    yield f"acl_file {place.files / ACL}"
    yield ""


def _kept(place: Place, options: MosquittoOptions) -> Iterator[str]:
    seconds = math.ceil(options.queues.save_every.total_seconds())
    hours = math.ceil(options.queues.forget_after / timedelta(hours=1))
    yield _why(
        "Sessions and queues outlive a restart. They are written whole, at each save and when mosquitto is stopped: "
        f"a crash of the broker itself costs what it took in the last {seconds} s (its default: half an hour). More "
        "often would mean to write the whole queue of an outage again and again, and devices wait while it does."
    )
    yield "persistence true"
    yield f"persistence_location {place.data}/"
    yield f"autosave_interval {seconds}"
    yield "autosave_on_changes false"
    yield _why(
        "The session of a client that never comes back gathers messages for ever (its default). Longer than the "
        "service asks its own session to be kept (session_expiry in service.yaml)."
    )
    yield f"persistent_client_expiration {hours}h"
    yield ""


def _queued(catalog: Catalog, options: MosquittoOptions) -> Iterator[str]:
    length, away = queue_length(catalog, options.queues.away), options.queues.away / timedelta(hours=1)
    yield _why(
        "Beyond this many messages mosquitto drops what it has acknowledged to the device, without a word (its "
        f"default: 1000). This is what the {len(catalog.stations)} stations send while the service is away for "
        f"{away:g} h, and at least {_LEAST_QUEUE}: about {length * _A_MESSAGE // 1024**2} MiB of memory when full."
    )
    yield f"max_queued_messages {length}"
    yield "max_queued_bytes 0"
    yield _why(
        "Messages on their way to a client before it acknowledges. On MQTT 5 the service asks for more itself (window "
        "in service.yaml); on 3.1.1 this counts, and 20 (the default) would put 20 messages into a commit at most."
    )
    yield f"max_inflight_messages {options.queues.inflight}"
    yield _why(
        "More than the service takes (256 KiB), so that what is too long is seen in quarantine; bounded, so that no "
        "device fills the memory. Who sends more is disconnected, and named in the log; with message_size_limit it "
        "would be told that all is well."
    )
    yield f"max_packet_size {options.queues.largest_message}"
    yield ""


def _listeners(options: MosquittoOptions, place: Place) -> Iterator[str]:
    where = options.listeners
    yield _why("On this machine alone, without TLS: health check, doctor, a service beside the broker.")
    yield f"listener {where.local} 127.0.0.1"
    yield ""
    yield _why("Devices. The client id is replaced by the account's name: nobody can take over another's session.")
    yield _listener(where.devices, where.devices_address)
    yield from _tls(place)
    yield "use_username_as_clientid true"
    yield ""
    yield _why(
        "The service, the forecast's provider, the simulator. Not for devices: clients choose their own ids here."
    )
    # In a container it is reached from other containers; the compose file publishes no port for it.
    yield _listener(where.service, "" if place.container else where.service_address)
    yield from _tls(place)
    yield ""


def _listener(port: int, address: str) -> str:
    return f"listener {port} {address}".rstrip()


def _tls(place: Place) -> Iterator[str]:
    yield f"certfile {place.files / CERTIFICATE}"
    yield f"keyfile {place.files / KEY}"
    yield "tls_version tlsv1.2"  # at least: 1.0 and 1.1 are broken


def _said() -> Iterator[str]:
    yield _why("To stderr, which the system's journal or docker keeps and rotates.")
    yield "log_dest stderr"
    yield "log_type error"
    yield "log_type warning"
    yield "log_type notice"
    yield "log_timestamp_format %Y-%m-%dT%H:%M:%S"
    yield ""


def _why(text: str) -> str:
    return textwrap.fill(text, 118, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
