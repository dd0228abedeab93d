"""The control socket: orders to a running service, one after the other, from this machine's administrator alone."""

from __future__ import annotations

import asyncio
import socket
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ingest.adapters.control import ControlSocket, ask
from ingest.errors import NotRunningError, OrderRefusedError


async def _double(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"doubled": asked["number"] * 2}


async def _refuse(_asked: Mapping[str, Any]) -> Mapping[str, Any]:
    raise OrderRefusedError("not today", {"orphans": ["w-1"]})


def a_socket(folder: Path) -> ControlSocket:
    return ControlSocket(folder=folder, orders={"double": _double, "refuse": _refuse})


async def test_order_is_carried_out_and_answered(tmp_path: Path) -> None:
    """Also in a folder whose path is longer than a socket's name may be."""
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    async with a_socket(folder):
        assert await asyncio.to_thread(ask, folder, "double", number=21) == {"doubled": 42}
        assert stat.S_IMODE((folder / "control.sock").stat().st_mode) == 0o600
    assert not (folder / "control.sock").exists()


async def test_order_refused_says_why(tmp_path: Path) -> None:
    async with a_socket(tmp_path):
        with pytest.raises(OrderRefusedError, match="not today") as refused:
            await asyncio.to_thread(ask, tmp_path, "refuse")
    assert refused.value.facts == {"orphans": ["w-1"]}


async def test_order_nobody_knows_is_refused_with_those_known(tmp_path: Path) -> None:
    async with a_socket(tmp_path):
        with pytest.raises(OrderRefusedError, match="double, refuse"):
            await asyncio.to_thread(ask, tmp_path, "dance")


async def test_order_without_a_service_says_so(tmp_path: Path) -> None:
    """Also where a killed one left its socket, which the next one takes over."""
    with pytest.raises(NotRunningError, match="clearwarn serve"):
        ask(tmp_path, "double", number=1)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "control.sock"))
    with pytest.raises(NotRunningError):
        ask(tmp_path, "double", number=1)
    async with a_socket(tmp_path):
        assert await asyncio.to_thread(ask, tmp_path, "double", number=1) == {"doubled": 2}


async def test_nonsense_and_hang_ups_stop_nothing(tmp_path: Path) -> None:
    """Garbage, a line without end, an asker that hangs up: the next one is answered."""
    async with a_socket(tmp_path):
        for nonsense in (b"", b"\xff\n", b"[1]\n", b"{}\n", b"x" * 300_000):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "control.sock"))
            writer.write(nonsense)
            writer.close()
            await asyncio.gather(reader.read(), writer.wait_closed(), return_exceptions=True)
        assert await asyncio.to_thread(ask, tmp_path, "double", number=3) == {"doubled": 6}
