"""A receiver of webhooks: keeps every request as it came, in order, and never deduplicates."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Request(NamedTuple):
    """One request that came whole."""

    person: str  # who was meant: the path
    key: str
    body: dict[str, Any]
    answer: int  # the status it was given, or was about to be

    @property
    def news(self) -> tuple[str, ...]:
        """What it tells, whatever its key: the same to the same person under two keys is told twice."""
        warning, act = self.body["warning"], self.body["act"]
        said = (warning["rule"], warning["subject"], warning["onset"], act["kind"], act["level"])
        return (self.person, *map(str, said))


class Webhooks:
    """What came so far; `pause` is how long each request waits for its answer (s), `status` that answer."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.status = int(HTTPStatus.OK)
        self.pause = 0.0
        self.ended = threading.Event()
        self.port = 0

    @property
    def taken(self) -> list[Request]:
        """Those that were not turned away: each has told somebody."""
        return [request for request in self.requests if request.answer == HTTPStatus.OK]

    def url(self, person: str) -> str:
        """Where that person is told."""
        return f"http://127.0.0.1:{self.port}/{person}"


@contextmanager
def webhooks() -> Iterator[Webhooks]:
    """Listens while the block lasts."""
    kept = Webhooks()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            status = kept.status
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) == length:  # whoever was killed in the middle has told nothing
                key = self.headers["Idempotency-Key"]
                kept.requests.append(Request(self.path.removeprefix("/"), key, json.loads(body), status))
            kept.ended.wait(kept.pause)
            try:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
            except ConnectionError:
                self.close_connection = True

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                self.close_connection = True  # killed between two requests

        def log_message(self, *_: object) -> None:
            """Nothing is said: the requests are kept."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = False  # waited for at the end: their clients are gone by then
        kept.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="webhooks")
        thread.start()
        try:
            yield kept
        finally:
            kept.ended.set()
            server.shutdown()
            thread.join()
