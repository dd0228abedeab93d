"""mosquitto on our generated files: who may publish and read what, TLS, queues, the health check."""

from __future__ import annotations

import asyncio
import os
import queue
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from ingest.broker.accounts import FORECAST, SERVICE
from ingest.broker.options import MosquittoOptions
from tests.support.generated_broker import Generated, generated_broker, reread, some_listeners, write
from tests.support.ingest import a_catalog, a_station
from tests.support.packets import connect_packet, publish_packet, taken

PATIENCE = 30.0  # s
CATALOG = a_catalog()
STATION, OTHER = "air-1", "air-local"
OWN = f"clearwarn/v1/air/{STATION}/reading"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    """One for all tests that only look at it."""
    options = MosquittoOptions(listeners=some_listeners())
    with generated_broker(tmp_path_factory.mktemp("broker") / "secrets", CATALOG, options) as (generated, _):
        yield generated


@asynccontextmanager
async def serving(broker: Generated) -> AsyncIterator[aiomqtt.Client]:
    """As the service: everything that it may read is subscribed to."""
    async with asyncio.timeout(PATIENCE), broker.service(SERVICE, identifier="clearwarn") as service:
        await service.subscribe("clearwarn/v1/#", qos=1)
        yield service


async def heard(service: aiomqtt.Client) -> tuple[str, bytes]:
    """The next message."""
    message = await anext(service.messages)
    assert isinstance(message.payload, bytes)
    return str(message.topic), message.payload


@pytest.mark.parametrize(
    "topic",
    [
        f"clearwarn/v1/air/{OTHER}/reading",
        f"clearwarn/v1/outfall/{STATION}/reading",
        f"clearwarn/v1/air/{STATION}x/reading",
        "clearwarn/v1/forecast/bay",
        "clearwarn/v1/warning/1",
        "clearwarn/v1/clock",
        f"clearwarn/v2/air/{STATION}/reading",
    ],
)
async def test_device_is_refused_on_what_is_not_its_own(running: Generated, topic: str) -> None:
    """Nothing of it arrives; what it then sends on its own topic does."""
    async with serving(running) as service, running.device(STATION) as device:
        await device.publish(topic, b"no", qos=1)
        await device.publish(OWN, b"yes", qos=1)
        assert await heard(service) == (OWN, b"yes")


async def test_device_that_misspells_its_leaf_is_heard(running: Generated) -> None:
    """So that it shows in quarantine, where the broker would drop it in silence."""
    async with serving(running) as service, running.device(STATION) as device:
        await device.publish(f"clearwarn/v1/air/{STATION}/readings", b"misspelt", qos=1)
        assert (await heard(service))[1] == b"misspelt"


async def test_device_reads_nothing(running: Generated) -> None:
    """Neither another's readings nor its own, though the broker takes its subscription."""
    async with asyncio.timeout(PATIENCE), running.device(STATION) as curious, running.device(OTHER) as other:
        await curious.subscribe("#", qos=1)
        await other.publish(f"clearwarn/v1/air/{OTHER}/reading", b"of another", qos=1)
        await curious.publish(OWN, b"its own", qos=1)  # acknowledged after whatever the broker had for it before
        assert len(curious.messages) == 0


async def test_forecast_goes_where_the_catalogue_has_an_area(running: Generated) -> None:
    """Its provider speaks for areas, not for stations."""
    async with serving(running) as service, running.service(FORECAST) as provider:
        await provider.publish(OWN, b"no", qos=1)
        await provider.publish("clearwarn/v1/forecast/elsewhere", b"no", qos=1)
        await provider.publish("clearwarn/v1/forecast/bay", b"aqi", qos=1)
        assert await heard(service) == ("clearwarn/v1/forecast/bay", b"aqi")


@pytest.mark.parametrize(
    ("account", "topic", "answer"),
    [
        (SERVICE, "clearwarn/v1/warning/1", "Success"),
        (SERVICE, OWN, "Not authorized"),
        (STATION, f"clearwarn/v1/air/{STATION}/status", "Success"),
        (STATION, f"clearwarn/v1/air/{OTHER}/status", "Not authorized"),
    ],
)
def test_mqtt_5_is_told_what_it_may_not(running: Generated, account: str, topic: str, answer: str) -> None:
    """Where MQTT 3.1.1 has no words for it. The service publishes warnings, and speaks for no station."""
    codes: queue.Queue[str] = queue.Queue()
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.tls_set_context(running.context())
    client.username_pw_set(account, running.password(account))
    client.on_publish = lambda _client, _data, _mid, code, _more: codes.put(str(code))
    client.connect("127.0.0.1", running.listeners.service)
    client.loop_start()
    try:
        client.publish(topic, b"", qos=1, retain=True)  # empty: nothing stays behind
        said = codes.get(timeout=PATIENCE)
    finally:
        client.disconnect()
        client.loop_stop()
    assert said in {answer, "No matching subscribers"} if answer == "Success" else said == answer


@pytest.mark.parametrize("port", ["local", "devices", "service"])
@pytest.mark.parametrize("who", [(None, None), (STATION, None), (STATION, "wrong"), ("nobody", "known")])
async def test_nobody_enters_without_a_password(
    running: Generated, port: str, who: tuple[str | None, str | None]
) -> None:
    """On no listener; nor with a wrong one."""
    client = aiomqtt.Client(
        "127.0.0.1",
        getattr(running.listeners, port),
        username=who[0],
        password=who[1],
        tls_context=None if port == "local" else running.context(),
    )
    with pytest.raises(aiomqtt.MqttError, match=r"(?i)not authori[sz]ed|bad user name"):
        async with asyncio.timeout(PATIENCE), client:
            pass


@pytest.mark.parametrize("port", ["devices", "service"])
async def test_tls_fails_without_the_authority(running: Generated, port: str) -> None:
    """The machine's own authorities do not know ours."""
    where = getattr(running.listeners, port)
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.wait_for(asyncio.open_connection("127.0.0.1", where, ssl=ssl.create_default_context()), PATIENCE)


@pytest.mark.parametrize("port", ["devices", "service"])
async def test_listener_of_tls_does_not_answer_in_the_clear(running: Generated, port: str) -> None:
    """A device without TLS is hung up on."""
    where = getattr(running.listeners, port)
    reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", where), PATIENCE)
    writer.write(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a")
    try:
        answer = await asyncio.wait_for(reader.read(), PATIENCE)
    except ConnectionResetError:
        answer = b""
    finally:
        writer.close()
    assert not answer.startswith(b"\x20")  # CONNACK


async def test_tls_refuses_what_is_older_than_1_2(running: Generated) -> None:
    """Also where both sides could."""
    old = running.context()
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        await asyncio.wait_for(asyncio.open_connection("127.0.0.1", running.listeners.devices, ssl=old), PATIENCE)


async def test_session_of_the_service_cannot_be_taken_over(running: Generated) -> None:
    """A device that calls itself as the service does is known by its account's name all the same."""
    async with serving(running) as service, running.device(STATION, identifier="clearwarn") as device:
        await device.publish(OWN, b"still there", qos=1)
        assert (await heard(service))[1] == b"still there"


async def test_message_beyond_what_the_service_takes_comes_through(running: Generated) -> None:
    """Above 256 KiB it is for quarantine to keep."""
    async with serving(running) as service, running.device(STATION) as device:
        await device.publish(OWN, b"x" * 300 * 1024, qos=1)
        assert len((await heard(service))[1]) == 300 * 1024


def test_message_beyond_the_bound_is_hung_up_on(running: Generated) -> None:
    """It is not told that all is well."""
    with socket.create_connection(("127.0.0.1", running.listeners.local), timeout=PATIENCE) as device:
        device.sendall(connect_packet(b"device", STATION.encode(), running.password(STATION).encode()))
        assert taken(device, 4)[3] == 0
        try:
            device.sendall(publish_packet(OWN, b"x" * 1100 * 1024, 1))
            answer = device.recv(4)
        except (ConnectionResetError, BrokenPipeError):
            answer = b""
    assert answer == b""


def test_health_check_asks_without_a_password_on_its_command_line(running: Generated, tmp_path: Path) -> None:
    """As the compose file has it; with another's options it fails."""
    program = shutil.which("mosquitto_sub")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("mosquitto_sub is not installed (apt-get install mosquitto-clients)")
        pytest.skip("mosquitto_sub is not installed (apt-get install mosquitto-clients)")
    folder = running.folder / "broker"
    asked = _asked(program, folder)
    assert (asked.returncode, "seconds" in asked.stdout) == (0, True), asked.stderr
    text = (folder / "mosquitto_sub").read_text(encoding="utf-8")
    (tmp_path / "mosquitto_sub").write_text(text.replace("clearwarn.health", STATION), encoding="utf-8")
    assert _asked(program, tmp_path).returncode != 0


def _asked(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program], env={"XDG_CONFIG_HOME": str(folder)}, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


async def test_queue_of_an_outage_outlives_the_broker(tmp_path: Path) -> None:
    """Half again what mosquitto keeps by itself, over a stop of the broker: all of it, in order."""
    options = MosquittoOptions(listeners=some_listeners())
    count = 1500

    def returning(broker: Generated) -> aiomqtt.Client:
        return aiomqtt.Client(
            "127.0.0.1",
            options.listeners.local,
            username=SERVICE,
            password=broker.password(SERVICE),
            identifier="clearwarn",
            protocol=aiomqtt.ProtocolVersion.V311,
            clean_session=False,
        )

    async with asyncio.timeout(2 * PATIENCE):
        with generated_broker(tmp_path / "secrets", CATALOG, options) as (broker, _):
            async with returning(broker) as service:
                await service.subscribe("clearwarn/v1/#", qos=1)
            async with broker.device(STATION) as device:
                for number in range(count):
                    await device.publish(OWN, b"%d" % number, qos=1)
        with generated_broker(tmp_path / "secrets", CATALOG, options) as (broker, _):
            async with returning(broker) as service:
                found = [(await heard(service))[1] for _ in range(count)]
    assert found == [b"%d" % number for number in range(count)]


async def test_new_station_is_let_in_after_a_signal(tmp_path: Path) -> None:
    """Written anew and SIGHUP: nobody is disconnected, and a removed one is shut out."""
    options = MosquittoOptions(listeners=some_listeners())
    later = a_catalog(a_station(), a_station(id="air-new"))
    with generated_broker(tmp_path / "secrets", CATALOG, options) as (broker, pid):
        async with asyncio.timeout(PATIENCE), serving(broker) as service:
            assert write(tmp_path / "secrets", later, options).new_accounts == ("air-new",)
            reread(pid)
            await _let_in(broker, "air-new")
            async with broker.device("air-new") as device:
                await device.publish("clearwarn/v1/air/air-new/reading", b"here", qos=1)
            assert (await heard(service))[1] == b"here"
            with pytest.raises(aiomqtt.MqttError, match=r"(?i)not authori[sz]ed"):
                async with broker.device("outfall-1"):
                    pass


async def _let_in(broker: Generated, account: str) -> None:
    """Returns when it is: a signal is heard a moment after it was sent."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            async with broker.device(account):
                return
        except aiomqtt.MqttError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.05)  # there is nothing to be told by
