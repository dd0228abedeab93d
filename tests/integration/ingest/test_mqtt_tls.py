"""MQTT intake over TLS, whose records the socket announces once: nothing may be left lying within them."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from pathlib import Path

import aiomqtt
import pytest

from ingest.adapters.mqtt import MqttSource
from ingest.adapters.mqtt_link import BrokerAddress
from tests.support.mosquitto import free_port, mosquitto

PATIENCE = 60.0  # s


def certificate(folder: Path) -> tuple[Path, Path]:
    """A new self-signed one for 127.0.0.1, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    made, key = folder / "broker.pem", folder / "broker.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, *names, "-keyout", key, "-out", made], check=True, capture_output=True)
    return made, key


@pytest.mark.parametrize("most_waiting", [20_000, 7])
async def test_source_over_tls_takes_all_in_order(tmp_path: Path, most_waiting: int) -> None:
    """Short and long messages, with room for all or for a few at a time."""
    made, key = certificate(tmp_path)
    port = free_port()
    # started by root, mosquitto would become another user before it reads the key
    listener = f"user root\nlistener {port} 127.0.0.1\ncertfile {made}\nkeyfile {key}\nmax_inflight_messages 500"
    payloads = [b"%d " % number + b"x" * (number * 97 % 40_000) for number in range(300)]
    with mosquitto(tmp_path, extra=listener) as plain:
        context = ssl.create_default_context(cafile=str(made))
        address = BrokerAddress(host="127.0.0.1", port=port, client_id="intake", tls=context)
        intake = MqttSource(address=address, subscriptions=["clearwarn/v1/#"], most_waiting=most_waiting)
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            running = group.create_task(intake.run())
            await intake.connected.wait()
            async with aiomqtt.Client(plain.host, plain.port, identifier="device") as device:
                for payload in payloads:
                    await device.publish("clearwarn/v1/air/a/reading", payload, qos=1)
            found: list[bytes] = []
            while len(found) < len(payloads):
                batch = await intake.receive()
                intake.settle(batch)
                found += [message.payload for message in batch]
            running.cancel()
    assert found == payloads
