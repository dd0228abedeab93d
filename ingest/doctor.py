"""`clearwarn doctor`: looks at everything an installation needs and says what to do about what is wrong."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import assert_never
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alerts.errors import ConfigurationError, SecretError
from ingest import topics
from ingest.adapters.database import open_database, transaction
from ingest.adapters.influx_store import InfluxStore
from ingest.adapters.mqtt import probe
from ingest.configuration import Configuration
from ingest.errors import IngestError, StoreUnavailableError
from ingest.settings import InfluxSettings, ServiceSettings, SqliteSettings

_LITTLE_DISK = 2 * 1024**3  # bytes: a day of 1000 minute stations, or weeks of a district
_LEAST_DISK = 200 * 1024**2
_BUILT = datetime(2026, 11, 1, tzinfo=UTC)  # no clock can honestly stand before this was written


class Verdict(StrEnum):
    """How a thing is."""

    OK = "ok"
    REMARK = "remark"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at, and the way out where it is not well."""

    what: str
    verdict: Verdict
    message: str
    remedy: str = ""

    def plain(self) -> dict[str, str]:
        """For JSON."""
        return {"what": self.what, "verdict": self.verdict, "message": self.message, "remedy": self.remedy}


async def examine(folder: Path) -> list[Finding]:
    """Every finding, in the order in which they are best mended."""
    try:
        configuration = Configuration.load(folder)
    except ConfigurationError as error:
        remedy = "mend the line named, then `clearwarn config check`"
        return [Finding("configuration", Verdict.WRONG, str(problem), remedy) for problem in error.problems]
    settings = configuration.service
    stations = len(configuration.catalog.stations)
    findings = [
        Finding("configuration", Verdict.OK, f"{folder}: {stations} stations, {len(configuration.rules)} rules")
    ]
    findings.extend(_clock())
    findings.extend(_disk(settings.data))
    findings.extend(_permissions(settings))
    findings.append(await _store(settings))
    findings.extend(_ports(settings))
    findings.append(await _broker(settings))
    return findings


def _clock() -> Iterator[Finding]:
    now = datetime.now(UTC)
    if now < _BUILT:
        yield Finding("clock", Verdict.WRONG, f"the system says {now:%Y-%m-%d}", "set it, and keep it set with NTP")
    else:
        yield Finding("clock", Verdict.OK, f"{now:%Y-%m-%d %H:%M:%S} UTC; compare with a clock you trust")
    try:
        ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:
        yield Finding("time zones", Verdict.WRONG, "no Asia/Shanghai on this machine", "apt-get install tzdata")


def _disk(data: Path) -> Iterator[Finding]:
    existing = next(parent for parent in (data.absolute(), *data.absolute().parents) if parent.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        remedy = f"chown it to the user that runs clearwarn (now uid {os.getuid()})"
        yield Finding("disk", Verdict.WRONG, f"{existing} cannot be written", remedy)
        return
    free = shutil.disk_usage(existing).free
    verdict = Verdict.WRONG if free < _LEAST_DISK else Verdict.REMARK if free < _LITTLE_DISK else Verdict.OK
    remedy = "" if verdict is Verdict.OK else "make room: when the disk is full nothing more is acknowledged"
    yield Finding("disk", verdict, f"{free / 1024**3:.1f} GiB free for {data}", remedy)


def _permissions(settings: ServiceSettings) -> Iterator[Finding]:
    """Secrets and data that others may read."""
    private = [settings.broker.password_file, settings.data if settings.data.exists() else None]
    if isinstance(settings.store, InfluxSettings):
        private.append(settings.store.token_file)
    for path in private:
        if path is None:
            continue
        try:
            mode = path.stat().st_mode
        except OSError as error:
            yield Finding("permissions", Verdict.WRONG, f"{path}: {error.strerror}", "create it, or correct its path")
            continue
        if mode & stat.S_IRWXO and _reachable(path):
            remedy = f"chmod o-rwx {path}"
            yield Finding("permissions", Verdict.REMARK, f"{path} is open to every user of this machine", remedy)
        else:
            yield Finding("permissions", Verdict.OK, f"{path} is closed to others")


def _reachable(path: Path) -> bool:
    """Whether others may enter every folder above: what is in a closed one is closed, whatever its own mode."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.absolute().parents)


async def _store(settings: ServiceSettings) -> Finding:
    match settings.store:
        case SqliteSettings():
            return _sqlite(settings)
        case InfluxSettings() as influx:
            return await _influx(influx)
        case _:
            assert_never(settings.store)


async def _influx(settings: InfluxSettings) -> Finding:
    """Whether it would take our points; none is written."""
    where = f"InfluxDB at {settings.url}"
    try:
        async with InfluxStore(address=settings.address()) as store:
            await store.look()
    except StoreUnavailableError as error:
        remedy = "is it running, and is store.url in service.yaml right? Until then the intake log keeps everything"
        return Finding("store", Verdict.WRONG, f"{where}: {error}", remedy)
    except (OSError, ValueError, IngestError, SecretError) as error:
        return Finding("store", Verdict.WRONG, f"{where}: {error}", "look at store.* in service.yaml")
    return Finding("store", Verdict.OK, f"{where} takes points for {settings.bucket!r}")


def _sqlite(settings: ServiceSettings) -> Finding:
    """Opens a database in the data folder as the service will, and takes it away again."""
    probe = settings.data / "doctor.db"
    existed = settings.data.exists()
    try:
        connection = open_database(probe, ("CREATE TABLE probe (x INTEGER);",))
        with transaction(connection):
            connection.execute("INSERT INTO probe VALUES (1)")
        connection.close()
    except (OSError, sqlite3.Error, IngestError) as error:
        remedy = "look at the folder's owner and at the disk"
        return Finding("store", Verdict.WRONG, f"SQLite in {settings.data}: {error}", remedy)
    finally:
        for path in (probe, probe.with_name("doctor.db-wal"), probe.with_name("doctor.db-shm")):
            path.unlink(missing_ok=True)
        if not existed:
            with suppress(OSError):
                settings.data.rmdir()
    return Finding("store", Verdict.OK, f"SQLite {sqlite3.sqlite_version} writes to {settings.data}")


def _ports(settings: ServiceSettings) -> Iterator[Finding]:
    wanted = {"console": (settings.console.host, settings.console.port)}
    if settings.hj212_tcp is not None:
        wanted["hj212_tcp"] = (settings.hj212_tcp.host, settings.hj212_tcp.port)
    for name, address in wanted.items():
        where = f"{address[0]}:{address[1]}"
        try:
            socket.create_server(address).close()
        except OSError as error:
            remedy = f"stop what uses it (clearwarn itself?), or set {name}.port in service.yaml"
            yield Finding(name, Verdict.REMARK, f"{where}: {error.strerror}", remedy)
        else:
            yield Finding(name, Verdict.OK, f"{where} is free")


async def _broker(settings: ServiceSettings) -> Finding:
    where = f"{settings.broker.host}:{settings.broker.port}"
    remedy = "is it running, and are broker.host, port, username and password in service.yaml right?"
    try:
        address = settings.broker.address()
        version = await probe(replace(address, client_id=f"{address.client_id[:16]}-doctor"), topics.SUBSCRIPTIONS)
    except (OSError, TimeoutError, IngestError, SecretError) as error:
        return Finding("broker", Verdict.WRONG, f"{where}: {error or 'no answer'}", remedy)
    return Finding("broker", Verdict.OK, f"{where} speaks MQTT {version} and took our subscriptions")
