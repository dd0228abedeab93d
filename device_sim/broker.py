"""Where to publish and as whom. Pure: parses addresses and reads nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from device_sim.errors import BrokerError

_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """An MQTT broker's address. `password` stays out of every text we print."""

    host: str
    port: int
    tls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse(url: str, *, user: str | None = None, password: str | None = None, ca_file: str | None = None) -> Broker:
    """`mqtt://host:port`, `mqtts://user:secret@host`. What is given beside it wins. Raises `BrokerError`."""
    hint = "want mqtt://host:port or mqtts://host:port"
    try:
        parts = urlsplit(url if "://" in url else f"mqtt://{url}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BrokerError(repr(url), f"{error}; {hint}") from error
    if parts.scheme not in _PORTS or not host or parts.path.strip("/"):
        raise BrokerError(repr(url), hint)
    return Broker(
        host=host,
        port=_PORTS[parts.scheme] if port is None else port,
        tls=parts.scheme == "mqtts",
        user=user or (unquote(parts.username) if parts.username else None),
        password=password or (unquote(parts.password) if parts.password else None),
        ca_file=ca_file,
    )
