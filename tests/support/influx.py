"""A real InfluxDB for tests: Debian's influxd 1.6.7 behind Debian's nginx, on free ports, ended by process id.

The engine, the parser and InfluxQL are InfluxDB's own. nginx supplies what 1.6 lacks: `/api/v2/write`, mapped to
`/write` as InfluxDB 1.8 documents it (bucket -> database; precision ns, us, ms, s -> n, u, ms, s).
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ingest.adapters.influx_address import InfluxAddress
from tests.support.mosquitto import free_port

BUCKET = "clearwarn"
STARTS_WITHIN = 30.0  # s
_OWNER = ("owner", "of-the-tests")  # 1.6 knows users, no tokens

_INFLUXD = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
  auth-enabled = {auth}
"""

_NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size {largest};
  proxy_request_buffering off;  # nothing goes to files, which nginx's own user might not be allowed to write here
  proxy_buffering off;
  map $arg_precision $short {{ ns n; us u; ms ms; s s; default n; }}
  server {{
    listen 127.0.0.1:{front};
    location = /api/v2/write {{
      proxy_pass http://127.0.0.1:{port}/write?db=$arg_bucket&precision=$short;
    }}
    location / {{
      proxy_pass http://127.0.0.1:{port};
    }}
  }}
}}
"""


@dataclass
class Influx:
    """One InfluxDB with its nginx; `start` and `stop` are those of the database, nginx stays and answers 502."""

    folder: Path
    binary: str
    port: int
    front: int
    proxy: int = 0  # nginx's process id; its one worker is a child of it
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.front}"

    @property
    def pids(self) -> tuple[int, ...]:
        """Of the database, nginx and its worker."""
        children = Path(f"/proc/{self.proxy}/task/{self.proxy}/children").read_text(encoding="ascii").split()
        return (*((self.process.pid,) if self.process else ()), self.proxy, *map(int, children))

    def address(self, **changes: Any) -> InfluxAddress:
        """Of its database."""
        return InfluxAddress(**{"url": self.url, "bucket": BUCKET, **changes})

    def start(self) -> None:
        """Returns when it answers."""
        with (self.folder / "influxd.log").open("ab") as log:
            command = [self.binary, "-config", str(self.folder / "influxdb.conf")]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        _listens(self.process, self.port, self.folder / "influxd.log")

    def stop(self) -> None:
        """Ends it; what it had taken is on its disk."""
        if self.process is not None:
            _end(self.process)
            self.process = None

    def clear(self) -> None:
        """An empty database."""
        self.ask(f'DROP DATABASE "{BUCKET}"')
        self.ask(f'CREATE DATABASE "{BUCKET}"')

    def write(self, line: str) -> None:
        """One point in line protocol, past everything of ours; its time in microseconds."""
        query = urllib.parse.urlencode({"db": BUCKET, "precision": "u", "u": _OWNER[0], "p": _OWNER[1]})
        address = f"http://127.0.0.1:{self.port}/write?{query}"
        urllib.request.urlopen(urllib.request.Request(address, data=line.encode()), timeout=10).close()

    def ask(self, question: str, database: str = BUCKET) -> list[dict[str, Any]]:
        """The rows of one InfluxQL statement, tags and columns together; times in microseconds."""
        query = urllib.parse.urlencode({"db": database, "q": question, "epoch": "u", "u": _OWNER[0], "p": _OWNER[1]})
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/query?{query}", method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            (result,) = json.load(answer)["results"]
        assert "error" not in result, result
        return [
            {**series.get("tags", {}), **dict(zip(series["columns"], values, strict=True))}
            for series in result.get("series", ())
            for values in series["values"]
        ]


@contextmanager
def influx(tmp_path: Path, *, auth: bool = False, largest: str = "1m") -> Iterator[Influx]:
    """Runs one while the block lasts, with an empty database; with `auth` it turns away whoever brings a token.

    `largest` is the body nginx takes; 1m is its own bound.
    Without the binaries the test is skipped, or fails where CI=true.
    """
    binary, nginx = _found("influxd", "influxdb"), _found("nginx", "nginx")
    folder = tmp_path / f"influx-{free_port()}"
    folder.mkdir()
    server = Influx(folder, binary, free_port(), free_port())
    names = {"largest": largest, "folder": folder, "port": server.port, "front": server.front, "rpc": free_port()}
    (folder / "influxdb.conf").write_text(_INFLUXD.format(auth=str(auth).lower(), **names))
    (folder / "nginx.conf").write_text(_NGINX.format(**names))
    with (folder / "nginx.log").open("ab") as log:
        command = [nginx, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
        proxy = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        server.start()
        server.proxy = proxy.pid
        _listens(proxy, server.front, folder / "error.log")
        if auth:
            server.ask(f"CREATE USER {_OWNER[0]} WITH PASSWORD '{_OWNER[1]}' WITH ALL PRIVILEGES")
        server.ask(f'CREATE DATABASE "{BUCKET}"')
        yield server
    finally:
        _end(proxy)
        server.stop()


def _found(program: str, package: str) -> str:
    path = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
    if path is None:
        message = f"{program} is not installed (apt-get install {package})"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return path


def _listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.02)  # starting up; there is nothing to be told by
    said = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    pytest.fail(f"nothing listens on {port}: {said}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
