"""`config/` as values: the service's settings and the catalogue, every problem reported at once.

Reading files happens here and in `alerts.documents`. A secret stands in an environment variable or a file of its own,
never in YAML.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from alerts.documents import Document, check, read
from alerts.errors import ConfigurationError, Problem
from alerts.secret import SecretSource
from ingest.adapters.hj212_line import Bounds
from ingest.adapters.influx_address import InfluxAddress
from ingest.adapters.mqtt_link import BrokerAddress
from ingest.broker.options import MosquittoOptions
from ingest.catalog import Area, Catalog, Outfall, Parameter, Station, WaterSource, duration
from ingest.catalog.gaps import gaps
from ingest.retention import Limits
from ingest.writer import BATCH

Model = TypeVar("Model", bound=BaseModel)
Duration = Annotated[timedelta, BeforeValidator(duration)]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TlsSettings(_Settings):
    """TLS to the broker; without `ca` the machine's own authorities are trusted."""

    ca: Path | None = None


class BrokerSettings(_Settings):
    """The MQTT broker."""

    host: str = "127.0.0.1"
    port: int = Field(default=1883, ge=1, le=65535)
    client_id: str = Field(default="clearwarn", min_length=1, max_length=23)
    username: str | None = None
    password_env: str | None = None
    password_file: Path | None = None
    tls: TlsSettings | None = None
    keepalive: Duration = Field(default=timedelta(seconds=30), ge=timedelta(seconds=5), le=timedelta(hours=18))
    session_expiry: Duration = Field(default=timedelta(days=7), ge=timedelta(minutes=1))
    window: int = Field(default=10_000, ge=1, le=65_535)  # unacknowledged messages we ask the broker for (MQTT 5)

    def address(self) -> BrokerAddress:
        """What the MQTT source takes. Raises `SecretError`, and `OSError` where a certificate cannot be read."""
        context = None
        if self.tls is not None:
            context = ssl.create_default_context(cafile=str(self.tls.ca) if self.tls.ca else None)
        return BrokerAddress(
            host=self.host,
            port=self.port,
            client_id=self.client_id,
            username=self.username,
            password=self._password(),
            tls=context,
            keepalive=int(self.keepalive.total_seconds()),
            session_expiry=int(self.session_expiry.total_seconds()),
            receive_maximum=self.window,
        )

    def _password(self) -> str | None:
        if self.password_env is None and self.password_file is None:
            return None
        return SecretSource(env=self.password_env, file=self.password_file).read(os.environ)


class SqliteSettings(_Settings):
    """The embedded store: one file in the data folder."""

    type: Literal["sqlite"] = "sqlite"
    file: str = Field(default="readings.db", pattern=r"^[\w.-]+$")


Apart = Literal["index", "warning", "ledger", "service", "station"]  # measurements that need not be beside readings


class BucketSettings(_Settings):
    """A bucket of its own for a measurement, and how long it is to keep; without `keep` for ever."""

    bucket: str = Field(min_length=1)
    keep: Duration | None = Field(default=None, ge=timedelta(hours=1))  # InfluxDB keeps no less


class InfluxSettings(_Settings):
    """InfluxDB 1.8, 2 or 3; for 1.8 the bucket is `database` or `database/retention-policy`, and there is no `org`.

    A reading and the remark why it is flagged are always in `bucket`; what `apart` does not name is there as well.
    """

    type: Literal["influxdb"]
    url: str = Field(pattern=r"^https?://[^/\s]+\S*$")
    bucket: str = Field(min_length=1)
    keep: Duration | None = Field(default=None, ge=timedelta(hours=1))  # asked for by `clearwarn store prepare`
    apart: Mapping[Apart, BucketSettings] = Field(default_factory=dict)
    org: str = ""
    token_env: str | None = None
    token_file: Path | None = None
    ca: Path | None = None  # without it the machine's own authorities are trusted
    timeout: Duration = Field(default=timedelta(seconds=10), ge=timedelta(seconds=1), le=timedelta(minutes=5))
    gzip: bool = True
    batch: int = Field(default=BATCH, ge=1, le=100_000)  # deliveries in one write, where so many wait
    batch_within: Duration = Field(default=timedelta(seconds=1), ge=timedelta(0), le=timedelta(minutes=1))

    @model_validator(mode="after")
    def _agreed(self) -> Self:
        keeps: dict[str, timedelta | None] = {self.bucket: self.keep}
        for measurement, one in self.apart.items():
            if keeps.setdefault(one.bucket, one.keep) != one.keep:
                msg = f"apart.{measurement}: bucket {one.bucket!r} is to keep for two different times"
                raise ValueError(msg)
        return self

    @property
    def buckets(self) -> Mapping[str, timedelta | None]:
        """Every bucket that is needed, and how long it is to keep."""
        return {self.bucket: self.keep} | {one.bucket: one.keep for one in self.apart.values()}

    def bucket_of(self, measurement: str) -> str:
        """The bucket it is in; an empty name stands for readings and their remarks."""
        return next((one.bucket for name, one in self.apart.items() if name == measurement), self.bucket)

    def address(self) -> InfluxAddress:
        """What the store takes. Raises `SecretError`."""
        named = self.token_env is not None or self.token_file is not None
        return InfluxAddress(
            url=self.url,
            bucket=self.bucket,
            apart={measurement: one.bucket for measurement, one in self.apart.items()},
            org=self.org,
            token=SecretSource(env=self.token_env, file=self.token_file).read(os.environ) if named else "",
            ca=self.ca,
            timeout=self.timeout,
            gzip=self.gzip,
        )


class ConsoleSettings(_Settings):
    """The officers' console. It has no log-in of its own yet: keep it on loopback or behind one that has."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    hosts: tuple[str, ...] = ()  # names by which browsers may call it, besides loopback's
    url: str | None = None  # as written in notifications; default from host and port

    @property
    def link(self) -> str:
        """Where notifications say the console is."""
        return self.url or f"http://{self.host}:{self.port}"


class QuotaSettings(_Settings):
    """How much of one station's bad input is kept whole; beyond it a hash, the first 4 KiB and a count."""

    entries: int = Field(default=1000, ge=1)
    bytes: int = Field(default=8 * 1024 * 1024, ge=4096)


class LogSettings(_Settings):
    """The intake log. What is still needed is never deleted: where there is no room the broker holds what comes."""

    keep: Duration = Field(default=timedelta(days=30), ge=timedelta(0))
    quota_mib: int = Field(default=20 * 1024, ge=8)
    free_mib: int = Field(default=200, ge=0)
    segment_mib: int = Field(default=128, ge=1, le=16 * 1024)
    segment_age: Duration = Field(default=timedelta(days=1), ge=timedelta(minutes=1))

    def limits(self) -> Limits:
        """In bytes."""
        return Limits(
            keep=self.keep,
            quota=self.quota_mib * 1024**2,
            least_free=self.free_mib * 1024**2,
            segment=self.segment_mib * 1024**2,
            age=self.segment_age,
        )


class Hj212TcpSettings(_Settings):
    """Where HJ 212 devices connect. They prove nothing of who they are: listen where only they can reach."""

    host: str = "127.0.0.1"
    port: int = Field(ge=0, le=65535)
    connections: int = Field(default=512, ge=1, le=10_000)
    idle: Duration = Field(default=timedelta(minutes=70), ge=timedelta(seconds=1))  # RtdInterval: up to 3600 s
    frame_within: Duration = Field(default=timedelta(seconds=10), ge=timedelta(milliseconds=100))  # its timeout: 10 s
    frames_a_minute: int = Field(default=600, ge=1)  # of one device
    flood_after: Duration = Field(default=timedelta(minutes=10), ge=timedelta(0))

    def bounds(self) -> Bounds:
        """What devices may do."""
        return Bounds(
            connections=self.connections,
            idle=self.idle,
            frame_within=self.frame_within,
            frames_a_minute=self.frames_a_minute,
            flood_after=self.flood_after,
        )


class ServiceSettings(_Settings):
    """`config/service.yaml`."""

    data: Path = Path("data")
    broker: BrokerSettings = BrokerSettings()
    store: Annotated[SqliteSettings | InfluxSettings, Field(discriminator="type")] = SqliteSettings()
    console: ConsoleSettings = ConsoleSettings()
    hj212_tcp: Hj212TcpSettings | None = None
    quarantine: QuotaSettings = QuotaSettings()
    log: LogSettings = LogSettings()
    checkpoint_every: Duration = Field(default=timedelta(seconds=30), ge=timedelta(seconds=1))
    stop_within: Duration = Field(default=timedelta(seconds=20), ge=timedelta(seconds=1))


class _ParametersFile(_Settings):
    parameters: dict[str, Parameter]

    @model_validator(mode="after")
    def _parts_are_known(self) -> Self:
        for name, parameter in self.parameters.items():
            for checks in (parameter, *parameter.of_kind.values()):
                strangers = [of.part for of in checks.includes if of.part not in self.parameters or of.part == name]
                if strangers:
                    msg = f"{name}.includes: no other parameter {strangers[0]!r} in this file"
                    raise ValueError(msg)
        return self


class _AreasFile(_Settings):
    areas: tuple[Area, ...]


class _StationsFile(_Settings):
    stations: tuple[Station, ...] = ()
    outfalls: tuple[Outfall, ...] = ()
    water_sources: tuple[WaterSource, ...] = ()


def load_service(folder: Path) -> ServiceSettings:
    """`service.yaml` of that folder. Raises `ConfigurationError`."""
    return check(read(folder / "service.yaml"), ServiceSettings)


def secret(file: Path) -> str:
    """What a command's option names. Raises `SecretError`."""
    return SecretSource(file=file).read(os.environ)


def load_mosquitto(folder: Path) -> MosquittoOptions:
    """`broker.yaml` of that folder; where there is none, what is default. Raises `ConfigurationError`."""
    file = folder / "broker.yaml"
    return check(read(file), MosquittoOptions) if file.exists() else MosquittoOptions()


def load_catalog(folder: Path) -> Catalog:
    """Parameters, areas, stations and files. Raises `ConfigurationError` with the problems of all YAML files."""
    return read_catalog(folder)[0]


def read_catalog(folder: Path) -> tuple[Catalog, tuple[Problem, ...]]:
    """The catalogue, and what its files lack. Raises `ConfigurationError` with the problems of all YAML files."""
    problems: list[Problem] = []
    parameters = _file(folder / "parameters.yaml", _ParametersFile, problems)
    areas = _file(folder / "areas.yaml", _AreasFile, problems)
    documents: list[tuple[Document, _StationsFile]] = []
    files = sorted((folder / "stations").glob("*.yaml"))
    if not files:
        problems.append(Problem(folder / "stations", 0, "", "holds no *.yaml: there are no stations"))
    for path in files:
        found = _file(path, _StationsFile, problems)
        if found is not None:
            documents.append(found)
    if parameters is not None and areas is not None:
        catalog = Catalog(
            parameters=parameters[1].parameters,
            areas=areas[1].areas,
            stations=tuple(station for _, file in documents for station in file.stations),
            outfalls=tuple(outfall for _, file in documents for outfall in file.outfalls),
            water_sources=tuple(source for _, file in documents for source in file.water_sources),
        )
        problems.extend(_placed(catalog.problems(), documents))
        if not problems:
            return catalog, tuple(_placed(gaps(catalog), documents))
    raise ConfigurationError(problems)


def _file(path: Path, model: type[Model], problems: list[Problem]) -> tuple[Document, Model] | None:
    try:
        document = read(path)
        return document, check(document, model)
    except ConfigurationError as error:
        problems.extend(error.problems)
        return None


def _placed(
    found: Iterable[tuple[tuple[int | str, ...], str]], documents: list[tuple[Document, _StationsFile]]
) -> Iterator[Problem]:
    """What is said of the whole catalogue, in the file and on the line where the entry stands."""
    for (section, index, *path), message in found:
        left = int(index)
        for document, file in documents:
            held = len(getattr(file, str(section)))
            if left < held:
                yield document.problem((section, left, *path), message)
                break
            left -= held
