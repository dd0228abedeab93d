"""docker-compose.yml without docker: what it promises of every service, and that its names are those we read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any

import click
import pytest

from device_sim.cli import simulate
from grafana.maps import OUTLINE
from ingest.__main__ import clearwarn as root
from ingest.broker.accounts import SERVICE
from ingest.broker.certificates import STANDARD_NAMES, Certificates
from ingest.broker.mosquitto import CONTAINER
from ingest.broker.options import MosquittoOptions
from ingest.broker.writing import BrokerFiles
from ingest.catalog import duration
from ingest.secret_folder import SecretFolder
from ingest.secrets_cli import NAMES
from ingest.settings import InfluxSettings, ServiceSettings, load_service
from ingest.store_cli import prepare
from tests.support.district import ROOT, catalog_of
from tests.support.stack import STACK_SETTINGS, compose, mounts, outside, services

ENDS_BY_ITSELF = {"prepare", "device_sim"}  # nobody asks them whether they are well
EVERY = sorted(services())
PROVISIONING = ROOT / "grafana" / "provisioning"


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `make secrets` and `make certs` make it, with the simulator's account."""
    folder = SecretFolder(tmp_path_factory.mktemp("stack") / "secrets")
    folder.open()
    for name in NAMES:
        folder.password(name)
    BrokerFiles(folder=folder, catalog=catalog_of(), options=MosquittoOptions(simulator=True), place=CONTAINER).write(
        force=False
    )
    Certificates(folder=folder, names=()).make(renew=False)
    return folder.path


@pytest.fixture(scope="module")
def settings() -> ServiceSettings:
    return load_service(STACK_SETTINGS.parent)


@pytest.mark.parametrize("name", EVERY)
def test_service_may_do_little(name: str) -> None:
    """Not as root, no capability, nothing to write but its volumes, bounded in cores, memory and log."""
    service = services()[name]
    assert re.fullmatch(r"[1-9]\d*:\d+", service["user"])
    assert (service["read_only"], service["init"], service["cap_drop"]) == (True, True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices", "env_file"} & set(service)
    assert not any("docker.sock" in source for source, _, _ in mounts(service))
    limits = service["deploy"]["resources"]["limits"]
    assert float(limits["cpus"]) > 0
    assert re.fullmatch(r"\d+[MG]", limits["memory"])
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}


@pytest.mark.parametrize("name", EVERY)
def test_image_is_pinned_by_version(name: str) -> None:
    """Another version is a change of this file."""
    assert re.fullmatch(r"[a-z0-9/-]+:\d+\.\d+\.\d+", services()[name]["image"])


@pytest.mark.parametrize("name", EVERY)
def test_service_is_asked_whether_it_is_well(name: str) -> None:
    """But those that end by themselves."""
    check = services()[name]["healthcheck"]
    if name in ENDS_BY_ITSELF:
        assert check == {"disable": True}
    else:
        assert check["test"][0] == "CMD"
        assert _seconds(check["timeout"]) < _seconds(check["interval"])
        assert {"start_period", "retries"} <= set(check)


def _seconds(text: str) -> float:
    read = duration(text)
    assert isinstance(read, timedelta)
    return read.total_seconds()


def test_ports_are_on_loopback_but_for_mqtt_over_tls() -> None:
    """8883 is open to devices and nothing else to anybody."""
    ports = [port for service in services().values() for port in service.get("ports", ())]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == [
        f"{8883}:{MosquittoOptions().listeners.devices}"
    ]
    assert "ports" not in services()["influxdb"]


def test_services_wait_for_what_they_need() -> None:
    """Well, or done; each of them is there, and can be what is waited for."""
    for service in services().values():
        for other, how in service.get("depends_on", {}).items():
            done = how["condition"] == "service_completed_successfully"
            assert done or how["condition"] == "service_healthy"
            assert done == (services()[other]["healthcheck"] == {"disable": True})
    assert set(services()["clearwarn"]["depends_on"]) == {"mosquitto", "prepare"}


def test_everything_declared_is_used_and_everything_used_is_declared() -> None:
    """Volumes, secrets, networks."""
    sources = {source for service in services().values() for source, _, _ in mounts(service)}
    named = {source for source in sources if not source.startswith("./")}
    assert named == set(compose()["volumes"])
    assert {secret for one in services().values() for secret in one.get("secrets", ())} == set(compose()["secrets"])
    assert {network for one in services().values() for network in one["networks"]} == set(compose()["networks"])


def test_every_file_of_secrets_is_one_that_our_commands_make(secrets: Path) -> None:
    """By exactly these names."""
    for name, service in services().items():
        for source, target, written in mounts(service):
            if source.startswith("./secrets"):
                assert outside(name, str(target), secrets=secrets, volumes=Path("/nowhere")).exists(), source
                assert not written


def test_no_secret_stands_in_the_file() -> None:
    """Only the names of files hold one; nothing is a default."""
    for service in services().values():
        for name, value in service.get("environment", {}).items():
            if re.search(r"(?i)password|token|secret", name):
                assert name.endswith("_FILE")
                assert value.startswith("/run/secrets/")
        for path in re.findall(r"cat (/\S+)\)", " ".join(service.get("entrypoint", ()))):
            assert path in {f"{target}/token" for _, target, written in mounts(service) if not written}
    assert not re.search(r"\$\{", (ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def test_folders_of_the_repository_that_are_mounted_are_there() -> None:
    """docker would make an empty one, which its owner cannot remove."""
    sources = {source for service in services().values() for source, _, _ in mounts(service)}
    ours = {source for source in sources if source.startswith("./") and not source.startswith("./secrets")}
    assert "./config" in ours
    assert {source for source in ours if not (ROOT / source).exists()} == set()


def test_grafana_is_given_what_its_provisioning_asks_for() -> None:
    """Variables, the folder of the dashboards, and the outline of the map."""
    texts = [path.read_text(encoding="utf-8") for path in PROVISIONING.rglob("*.yaml")]
    asked = {name for text in texts for name in re.findall(r"\$\{?([A-Z][A-Z0-9_]+)", text)}
    service = services()["grafana"]
    store = load_service(STACK_SETTINGS.parent).store
    assert isinstance(store, InfluxSettings)
    buckets = {name: value for name, value in service["environment"].items() if name.endswith("_BUCKET")}
    assert buckets == {
        "CLEARWARN_INFLUXDB_BUCKET": store.bucket_of(""),
        "CLEARWARN_INFLUXDB_INDEX_BUCKET": store.bucket_of("index"),
        "CLEARWARN_INFLUXDB_WARNING_BUCKET": store.bucket_of("warning"),
    }
    assert store.bucket_of("ledger") == store.bucket_of("warning")  # dashboards look for them in one place
    exported = set(re.findall(r"export (\w+)", service["entrypoint"][-1]))
    assert asked <= set(service["environment"]) | exported
    (folder,) = {path for text in texts for path in re.findall(r"^ +path: (\S+)$", text, re.MULTILINE)}
    dashboards = ROOT / "grafana" / "dashboards"
    assert outside("grafana", folder, secrets=Path(), volumes=Path("/v")) == dashboards
    served = outside("grafana", f"/usr/share/grafana/{OUTLINE}", secrets=Path(), volumes=Path("/v"))
    assert served == dashboards / PurePosixPath(OUTLINE).name


def test_settings_of_the_stack_name_what_the_compose_file_has(settings: ServiceSettings, secrets: Path) -> None:
    """Hosts are services on a network of ours, paths are mounted, the certificate names the host."""
    store = settings.store
    assert isinstance(store, InfluxSettings)
    influxdb = services()["influxdb"]["environment"]
    assert (store.org, store.bucket) == (
        influxdb["DOCKER_INFLUXDB_INIT_ORG"],
        influxdb["DOCKER_INFLUXDB_INIT_BUCKET"],
    )
    assert store.url == "http://influxdb:8086"
    for other in (settings.broker.host, "influxdb"):
        assert set(services()["clearwarn"]["networks"]) & set(services()[other]["networks"])
    assert settings.broker.host in STANDARD_NAMES
    assert (settings.broker.port, settings.broker.username) == (MosquittoOptions().listeners.service, SERVICE)
    assert settings.broker.tls is not None
    paths = [settings.broker.password_file, settings.broker.tls.ca, store.token_file, settings.data]
    found = [outside("clearwarn", str(path), secrets=secrets, volumes=Path("/volumes")) for path in paths]
    assert found == [
        secrets / "mqtt" / SERVICE,
        secrets / "broker" / "ca.pem",
        Path("/volumes/service-token/token"),
        Path("/volumes/clearwarn-data"),
    ]
    assert _seconds(services()["clearwarn"]["stop_grace_period"]) > settings.stop_within.total_seconds()
    assert f"127.0.0.1:8080:{settings.console.port}" in services()["clearwarn"]["ports"]


def test_raw_indices_and_warnings_are_kept_for_their_own_time(settings: ServiceSettings) -> None:
    """What may be worked out again goes; what was worked out, and what was warned, stays."""
    store = settings.store
    assert isinstance(store, InfluxSettings)
    kept = {name: store.buckets[store.bucket_of(name)] for name in ("", "index", "warning")}
    assert kept[""] is not None
    assert (kept["index"], kept["warning"]) == (None, None)
    assert len(store.buckets) == 3


def test_mosquitto_finds_its_files_where_the_compose_file_mounts_them(secrets: Path) -> None:
    """Configuration, certificates, queue, and the health check's options."""
    written = (secrets / "broker" / "mosquitto.conf").read_text(encoding="utf-8")
    for word in re.findall(r"^(?:password_file|acl_file|certfile|keyfile) (\S+)$", written, re.MULTILINE):
        assert outside("mosquitto", word, secrets=secrets, volumes=Path("/volumes")).exists()
    (queue,) = re.findall(r"^persistence_location (\S+)$", written, re.MULTILINE)
    assert outside("mosquitto", queue, secrets=secrets, volumes=Path("/volumes")) == Path("/volumes/mosquitto-data")
    options = f"{services()['mosquitto']['environment']['XDG_CONFIG_HOME']}/mosquitto_sub"
    assert outside("mosquitto", options, secrets=secrets, volumes=Path("/volumes")).exists()


def _words(name: str, *, secrets: Path) -> Iterator[str]:
    """A container's command with paths of this machine."""
    for word in services()[name]["command"]:
        option, has, value = word.partition("=")
        if has and value.startswith("/run/secrets/"):
            yield f"{option}={outside(name, value, secrets=secrets, volumes=Path('/volumes'))}"
        else:
            yield word


@pytest.mark.parametrize(("name", "command", "skip"), [("prepare", prepare, 2), ("device_sim", simulate, 1)])
def test_commands_of_containers_are_ours(name: str, command: click.Command, skip: int, secrets: Path) -> None:
    """Every option is known, every file that must exist does."""
    words = [*_words(name, secrets=secrets)]
    found: Any = root
    for word in words[:skip]:
        found = found.get_command(click.Context(found), word)
    assert found is command
    assert command.make_context(name, words[skip:]).params


def test_environment_is_what_the_command_reads() -> None:
    """No name of ours that nobody looks at."""
    read = {parameter.envvar for parameter in root.params if isinstance(parameter, click.Option)}
    for name in ("prepare", "clearwarn", "device_sim"):
        assert set(services()[name]["environment"]) <= read
        targets = {str(target) for _, target, _ in mounts(services()[name])}
        assert services()[name]["environment"]["CLEARWARN_CONFIG"] in targets


def test_tokens_reach_who_is_meant_to_have_them() -> None:
    """Grafana never sees the one that writes; only `prepare` may write either."""
    volumes = {
        name: {source: written for source, _, written in mounts(service) if re.fullmatch(r"\w+-token", source)}
        for name, service in services().items()
    }
    assert volumes["prepare"] == {"service-token": True, "grafana-token": True}
    assert volumes["clearwarn"] == {"service-token": False}
    assert volumes["grafana"] == {"grafana-token": False}
    words = dict(word.split("=") for word in services()["prepare"]["command"] if "=" in word)
    for option, source in (("--service-token", "service-token"), ("--grafana-token", "grafana-token")):
        assert outside("prepare", words[option], secrets=Path(), volumes=Path("/v")) == Path("/v", source, "token")
