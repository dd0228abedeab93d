"""Who may speak to the console, how much, and what a browser may do with its pages.

The console has no accounts: it is bound to loopback or to a bureau's own network. So a page of another origin, open in
the officer's browser, must neither post to it nor read it under a name of its own choosing (DNS rebinding).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
BODY_LIMIT = 16 * 1024  # a reason of 500 characters is 6 KiB at most, percent-encoded
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # not `no-referrer`: browsers then send `Origin: null` with our own forms, which look like another site's
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Refusal(StrEnum):
    """Why a request goes no further."""

    FOREIGN_HOST = "foreign_host"
    CROSS_SITE = "cross_site"
    TOO_LARGE = "too_large"


_STATUS = {Refusal.FOREIGN_HOST: 400, Refusal.CROSS_SITE: 403, Refusal.TOO_LARGE: 413}
_SAID = {
    Refusal.FOREIGN_HOST: "This host name is not allowed for the console. 此地址未被允许访问控制台。\n",
    Refusal.CROSS_SITE: "Refused: the request came from another site. 已拒绝：请求来自其他网站。\n",
    Refusal.TOO_LARGE: "Refused: too much was sent. 已拒绝：提交内容过大。\n",
}


def judge(method: str, headers: Headers, hosts: frozenset[str]) -> Refusal | None:
    """What stands in the request line and headers against letting it in. Pure."""
    if host_name(headers.get("host", "")) not in hosts:
        return Refusal.FOREIGN_HOST
    if method in _SAFE:
        return None
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return Refusal.CROSS_SITE
    origin = headers.get("origin")
    if origin is not None and _authority(origin) != headers["host"].lower():
        return Refusal.CROSS_SITE
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or int(length) > BODY_LIMIT:
        return Refusal.TOO_LARGE
    return None


def host_name(authority: str) -> str:
    """The host of `host:port`, lower case; brackets stay on an IPv6 address."""
    authority = authority.strip().lower()
    if authority.startswith("["):
        return authority.partition("]")[0] + "]"
    return authority.partition(":")[0]


def _authority(origin: str) -> str | None:
    """`host:port` of an origin; None for `null` and whatever is none."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


class Guard:
    """ASGI middleware: judges each request, bounds its body, and sets the headers of each answer."""

    def __init__(self, app: ASGIApp, *, allowed_hosts: Iterable[str] = ()) -> None:
        self._app = app
        self._hosts = LOCAL_HOSTS | {host.lower() for host in allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = judge(scope["method"], Headers(scope=scope), self._hosts)
        if refusal is not None:
            response = PlainTextResponse(_SAID[refusal], status_code=_STATUS[refusal])
            await response(scope, receive, _dressed(send, scope["path"]))
            return
        await self._app(scope, _bounded(receive), _dressed(send, scope["path"]))


def _bounded(receive: Receive) -> Receive:
    """A body without a length ends at the limit: to the application its sender has gone away."""
    left = BODY_LIMIT

    async def bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        return message if left >= 0 else {"type": "http.disconnect"}

    return bounded


def _dressed(send: Send, path: str) -> Send:
    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            if path.startswith("/static/"):
                headers["Cache-Control"] = "no-cache"  # with the file's ETag: asked each time, sent once
        await send(message)

    return dressed
