"""Signed JSON to an HTTP address.

The receiver verifies `Clearwarn-Signature: v1=<hex>`, the HMAC-SHA256 under the shared secret of
`<Clearwarn-Timestamp>.<body>`, and may drop a repeated `Idempotency-Key`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx
import orjson

from alerts.errors import ChannelRefusedError, ChannelUnavailableError
from alerts.notify.channel import Message

# These client errors say "later", not "never": RFC 9110 section 15.5.9, RFC 8470 section 5.2, RFC 6585 section 4.
_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`v1=` and the HMAC-SHA256 in hex."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"v1={digest.hexdigest()}"


class WebhookNotifier:
    """`secrets` by person. The client belongs to whoever opened it, and has its timeout set."""

    def __init__(self, *, client: httpx.AsyncClient, secrets: Mapping[str, str]) -> None:
        self._client = client
        self._secrets = secrets

    async def send(self, message: Message) -> str:
        """2xx is taken; 408, 425, 429, 5xx and the network are tried again; anything else is refused."""
        secret = self._secrets.get(message.person)
        if secret is None:
            raise ChannelRefusedError(f"no webhook secret for {message.person}")
        body = orjson.dumps({**message.payload, "key": message.key, "may_be_repeat": message.may_be_repeat})
        timestamp = str(int(message.attempted_at.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.key,
            "Clearwarn-Timestamp": timestamp,
            "Clearwarn-Signature": signature(secret, timestamp, body),
        }
        try:
            response = await self._client.post(message.address, content=body, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise ChannelUnavailableError(f"{type(error).__name__}: {error}") from error
        except httpx.TransportError as error:
            # The request may have gone out whole: only the answer is known to be missing.
            raise ChannelUnavailableError(f"{type(error).__name__}: {error}", perhaps_delivered=True) from error
        return _judged(response, message.attempted_at)


def _judged(response: httpx.Response, now: datetime) -> str:
    status = response.status_code
    if response.is_success:
        return f"HTTP {status}"
    if status in _LATER or response.is_server_error:
        raise ChannelUnavailableError(
            f"HTTP {status}", retry_after=_retry_after(response.headers.get("Retry-After"), now)
        )
    raise ChannelRefusedError(f"HTTP {status}")


def _retry_after(given: str | None, now: datetime) -> timedelta | None:
    """Seconds or a date (RFC 9110 section 10.2.3); None for what is neither."""
    if given is None:
        return None
    try:
        if given.strip().isdigit():
            return timedelta(seconds=int(given))
        until = parsedate_to_datetime(given)
        return max(timedelta(0), (until if until.tzinfo else until.replace(tzinfo=UTC)) - now)
    except (ValueError, OverflowError):
        return None
