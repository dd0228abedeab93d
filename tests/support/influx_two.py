"""A contract fake of InfluxDB 2's administration: the paths of its OpenAPI description that we use, and its refusals.

A real InfluxDB 2 is in no Debian. Points are not its matter: for those there is a real InfluxDB 1.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

OPERATOR = "token-of-the-operator"
ORG = {"id": "00000000000000aa", "name": "bureau"}


@dataclass
class InfluxTwo:
    """What it holds. `tells_tokens` off: it keeps hashes, and lists authorizations without their tokens."""

    url: str = ""
    tells_tokens: bool = True
    broken: bool = False
    buckets: dict[str, dict[str, Any]] = field(default_factory=dict)
    authorizations: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: int = 0
    _ids: int = 0

    def id(self) -> str:
        self._ids += 1
        return f"{self._ids:016x}"

    def keeps(self) -> dict[str, int]:
        """Seconds by bucket, 0 for ever."""
        rules = {bucket["name"]: bucket["retentionRules"] for bucket in self.buckets.values()}
        return {name: sum(rule["everySeconds"] for rule in given) for name, given in rules.items()}

    def rights(self, token: str) -> set[tuple[str, str]]:
        """Action and name of the bucket."""
        (found,) = (one for one in self.authorizations.values() if one["token"] == token)
        return {(one["action"], self.buckets[one["resource"]["id"]]["name"]) for one in found["permissions"]}

    def answer(self, method: str, path: str, asked: dict[str, str], token: str, body: Any) -> tuple[int, Any]:
        """Status and document."""
        refusal = self._refused(method, path, token)
        if refusal is not None:
            return refusal
        self.changes += method != "GET"
        resource, _, which = path.removeprefix("/api/v2/").partition("/")
        return _ROUTES[method, resource](self, which, asked, body)

    def _refused(self, method: str, path: str, token: str) -> tuple[int, Any] | None:
        if self.broken:
            return 503, {"code": "unavailable", "message": "not now"}
        if token not in {OPERATOR, *(one["token"] for one in self.authorizations.values())}:
            return 401, {"code": "unauthorized", "message": "unauthorized access"}
        if token != OPERATOR and (method, path) != ("GET", "/api/v2/buckets"):
            return 403, {"code": "forbidden", "message": "insufficient permissions"}
        return None

    def orgs(self, _which: str, asked: dict[str, str], _body: Any) -> tuple[int, Any]:
        return (200, {"orgs": [ORG]}) if asked["org"] == ORG["name"] else _missing("organization", asked["org"])

    def list_buckets(self, _which: str, asked: dict[str, str], _body: Any) -> tuple[int, Any]:
        found = [one for one in self.buckets.values() if asked.get("name") in {None, one["name"]}]
        return (200, {"buckets": found}) if found or "name" not in asked else _missing("bucket", asked["name"])

    def make_bucket(self, _which: str, _asked: dict[str, str], body: Any) -> tuple[int, Any]:
        return 201, self._keep(self.buckets, body)

    def change_bucket(self, which: str, _asked: dict[str, str], body: Any) -> tuple[int, Any]:
        _check(body["retentionRules"])
        self.buckets[which] |= body
        return 200, self.buckets[which]

    def list_authorizations(self, _which: str, _asked: dict[str, str], _body: Any) -> tuple[int, Any]:
        hidden = {} if self.tells_tokens else {"token": ""}
        return 200, {"authorizations": [one | hidden for one in self.authorizations.values()]}

    def make_authorization(self, _which: str, _asked: dict[str, str], body: Any) -> tuple[int, Any]:
        return 201, self._keep(self.authorizations, body | {"status": "active"}, token=True)

    def delete_authorization(self, which: str, _asked: dict[str, str], _body: Any) -> tuple[int, Any]:
        del self.authorizations[which]
        return 204, None

    def _keep(self, where: dict[str, dict[str, Any]], body: dict[str, Any], *, token: bool = False) -> dict[str, Any]:
        assert body["orgID"] == ORG["id"]
        _check(body.get("retentionRules", ()))
        number = self.id()
        where[number] = body | {"id": number} | ({"token": f"made-{number}"} if token else {})
        return where[number]


def _check(rules: Any) -> None:
    """Below an hour InfluxDB refuses, but for 0."""
    for rule in rules:
        assert rule["type"] == "expire"
        assert rule["everySeconds"] == 0 or rule["everySeconds"] >= 3600


def _missing(what: str, name: str) -> tuple[int, Any]:
    return 404, {"code": "not found", "message": f'{what} name "{name}" not found'}


_ROUTES = {
    ("GET", "orgs"): InfluxTwo.orgs,
    ("GET", "buckets"): InfluxTwo.list_buckets,
    ("POST", "buckets"): InfluxTwo.make_bucket,
    ("PATCH", "buckets"): InfluxTwo.change_bucket,
    ("GET", "authorizations"): InfluxTwo.list_authorizations,
    ("POST", "authorizations"): InfluxTwo.make_authorization,
    ("DELETE", "authorizations"): InfluxTwo.delete_authorization,
}


@contextmanager
def influx_two() -> Iterator[InfluxTwo]:
    """Listens on a free port while the block lasts."""
    state = InfluxTwo()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            parts = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = re.sub(r"^Token ", "", self.headers.get("Authorization", ""))
            status, document = state.answer(self.command, parts.path, asked, token, json.loads(body) if body else None)
            said = b"" if document is None else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
            """Says nothing."""

    for method in {method for method, _ in _ROUTES}:
        setattr(Handler, f"do_{method}", Handler._serve)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        running = threading.Thread(target=server.serve_forever, name="influx-two")
        running.start()
        try:
            yield state
        finally:
            server.shutdown()
            running.join()
