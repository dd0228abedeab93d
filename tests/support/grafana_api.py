"""Grafana's HTTP API, as far as a push uses it: shapes and statuses are those of its published OpenAPI description.

`postDashboardResponse`, `DashboardFullWithMeta`, `Folder`, `ErrorResponseBody`; bearer token. Not Grafana: a contract.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "glsa_of_the_tests"
_SAVE = {"dashboard", "folderId", "folderUid", "isFolder", "message", "overwrite", "userId", "UpdatedAt"}

Answer = tuple[int, dict[str, Any]]


def _error(status: int, message: str, kind: str = "") -> Answer:
    return status, {"message": message, **({"status": kind} if kind else {})}


class GrafanaFake:
    """What it holds. `may_write` is the token's role; `adds` are fields that it puts into every dashboard it keeps."""

    def __init__(self) -> None:
        self.port = 0
        self.folders: dict[str, dict[str, Any]] = {}
        self.dashboards: dict[str, dict[str, Any]] = {}
        self.sources = {"clearwarn", "clearwarn-index", "clearwarn-warning"}
        self.may_write = True
        self.provisioned = False
        self.meddling = False  # somebody saves between our look and our save
        self.adds: dict[str, Any] = {}
        self.requests: list[tuple[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def saves(self) -> list[str]:
        return [path for method, path in self.requests if method == "POST"]

    def get(self, path: str) -> Answer:
        match path.removeprefix("/api/").split("/"):
            case ["datasources", "uid", uid]:
                return (200, {"uid": uid, "type": "influxdb"}) if uid in self.sources else _error(404, "Not found")
            case ["folders", uid]:
                return (200, self.folders[uid]) if uid in self.folders else _error(404, "folder not found", "not-found")
            case ["dashboards", "uid", uid]:
                if uid not in self.dashboards:
                    return _error(404, "Dashboard not found")
                kept = self.dashboards[uid]
                meta = {"folderUid": kept["folder"], "provisioned": self.provisioned, "version": kept["version"]}
                own = {"id": 7, "uid": uid, "version": kept["version"]}
                answer = {"dashboard": {**self.adds, **kept["body"], **own}, "meta": meta}
                if self.meddling:
                    kept["version"] += 1
                return 200, answer
            case _:
                return _error(404, "Not found")

    def post(self, path: str, body: dict[str, Any]) -> Answer:
        if not self.may_write:
            return _error(403, "You'll need additional permissions to perform this action")
        match path:
            case "/api/folders":
                if body["uid"] in self.folders:
                    return _error(409, "a folder with that uid is there")
                self.folders[body["uid"]] = {"id": 1, "uid": body["uid"], "title": body["title"], "version": 1}
                return 200, self.folders[body["uid"]]
            case "/api/dashboards/db":
                return self._save(body)
            case _:
                return _error(404, "Not found")

    def _save(self, body: dict[str, Any]) -> Answer:
        if set(body) - _SAVE or not body["dashboard"].get("title"):
            return _error(400, "bad request data")
        if body["folderUid"] not in self.folders:
            return _error(400, "folder not found")
        if self.provisioned:
            return _error(400, "Cannot save provisioned dashboard")
        uid, title = body["dashboard"]["uid"], body["dashboard"]["title"]
        kept = self.dashboards.get(uid)
        if kept and not body["overwrite"] and body["dashboard"].get("version") != kept["version"]:
            return _error(412, "The dashboard has been changed by someone else", "version-mismatch")
        same = [other for other, one in self.dashboards.items() if one["body"]["title"] == title and other != uid]
        if same and not body["overwrite"]:
            return _error(412, "A dashboard with the same name in the folder already exists", "name-exists")
        version = kept["version"] + 1 if kept else 1
        self.dashboards[uid] = {"body": body["dashboard"], "folder": body["folderUid"], "version": version}
        said = {"id": 7, "uid": uid, "url": f"/d/{uid}/x", "status": "success", "version": version, "slug": "x"}
        return 200, said


@contextmanager
def grafana_api() -> Iterator[GrafanaFake]:
    """Listens while the block lasts."""
    fake = GrafanaFake()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(lambda: fake.get(self.path))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer(lambda: fake.post(self.path, body))

        def _answer(self, work: Any) -> None:
            fake.requests.append((self.command, self.path))
            known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            status, body = work() if known else _error(401, "Invalid API key")
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=UTF-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        fake.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()
