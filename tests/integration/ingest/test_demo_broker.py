"""The demo's broker in process: what it leaves behind alarms nobody."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys

from ingest.demo import _broker
from tests.support.district import ROOT

CONNECT_HALF = b"\x10\x20\x00\x04MQTT\x05\x02\x00\x1e"  # of 32 bytes: the broker waits for the rest


async def leave_one_open() -> None:
    """Ends the loop while amqtt reads a CONNECT of which half has come."""
    async with _broker() as port:
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(CONNECT_HALF)
        while not any("stream_connected" in repr(task) for task in asyncio.all_tasks()):  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0)


def test_demo_stopped_while_a_client_connects_is_not_alarming() -> None:
    """Ctrl-C in the first seconds, before the intake has fallen back to 3.1.1. In a process: the loop's end matters."""
    script = "import asyncio, tests.integration.ingest.test_demo_broker as here; asyncio.run(here.leave_one_open())"
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert "Traceback" not in run.stderr
    assert run.stdout == ""
