"""A real mosquitto on the files that `clearwarn broker acl` and `broker certs` write, unchanged."""

from __future__ import annotations

import os
import signal
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import aiomqtt

from ingest.broker.certificates import Certificates
from ingest.broker.mosquitto import Place
from ingest.broker.options import Listeners, MosquittoOptions
from ingest.broker.writing import BrokerFiles, Outcome
from ingest.catalog import Catalog
from ingest.secret_folder import SecretFolder
from tests.support.mosquitto import configured, free_port


@dataclass(frozen=True, slots=True)
class Generated:
    """What was written, and where mosquitto listens with it."""

    folder: Path
    listeners: Listeners

    @property
    def authority(self) -> Path:
        return self.folder / "broker" / "ca.pem"

    def password(self, account: str) -> str:
        return (self.folder / "mqtt" / account).read_text(encoding="utf-8").strip()

    def context(self) -> ssl.SSLContext:
        """Trusts the private authority alone."""
        return ssl.create_default_context(cafile=str(self.authority))

    def device(self, account: str, *, identifier: str | None = None) -> aiomqtt.Client:
        """On the devices' listener."""
        return self._client(account, self.listeners.devices, identifier)

    def service(self, account: str, *, identifier: str | None = None) -> aiomqtt.Client:
        """On the listener of service, forecast and simulator."""
        return self._client(account, self.listeners.service, identifier)

    def _client(self, account: str, port: int, identifier: str | None) -> aiomqtt.Client:
        return aiomqtt.Client(
            "127.0.0.1",
            port,
            username=account,
            password=self.password(account),
            tls_context=self.context(),
            identifier=identifier,
            protocol=aiomqtt.ProtocolVersion.V311,
            clean_session=True,
        )


def some_listeners() -> Listeners:
    """On free ports, all of them on loopback."""
    return Listeners(local=free_port(), devices=free_port(), devices_address="127.0.0.1", service=free_port())


def write(folder: Path, catalog: Catalog, options: MosquittoOptions) -> Outcome:
    """As `clearwarn broker acl --secrets FOLDER` does."""
    (folder.parent / "persistence").mkdir(exist_ok=True)
    place = Place(PurePosixPath(folder / "broker"), PurePosixPath(folder.parent / "persistence"))
    return BrokerFiles(folder=SecretFolder(folder), catalog=catalog, options=options, place=place).write(force=False)


@contextmanager
def generated_broker(folder: Path, catalog: Catalog, options: MosquittoOptions) -> Iterator[tuple[Generated, int]]:
    """Writes into `folder` and runs while the block lasts; with it comes the process id."""
    write(folder, catalog, options)
    Certificates(folder=SecretFolder(folder), names=()).make(renew=False)
    settings = folder.parent / "mosquitto.conf"
    written = (folder / "broker" / "mosquitto.conf").read_text(encoding="utf-8")
    # Started by root, mosquitto becomes another user, who may not enter the folders of a test.
    settings.write_text(written + ("user root\n" if os.geteuid() == 0 else ""), encoding="utf-8")
    with configured(settings, options.listeners.service) as broker:
        yield Generated(folder, options.listeners), broker.pid


def reread(pid: int) -> None:
    """Has it take ACL and passwords anew; it does so a moment later."""
    os.kill(pid, signal.SIGHUP)
