"""Command-line options that `simulate` and `replay` share: where the broker is, and how to end."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from device_sim import broker
from device_sim.broker import Broker
from device_sim.errors import BrokerError, DeviceSimError
from ingest.catalog import duration

Command = TypeVar("Command", bound=Callable[..., Any])

PASSWORD_VARIABLE = "CLEARWARN_MQTT_PASSWORD"  # noqa: S105  the variable's name, not a password


class Span(click.ParamType[timedelta]):
    """`90s`, `5m`, `48h`, `3d`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """As a `timedelta`, zero or more."""
        try:
            given = duration(f"{value}s" if isinstance(value, str) and value.isdigit() else value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not isinstance(given, timedelta):
            self.fail(f"not a duration: {value!r} (like 90s, 5m, 1h, 3d)", param, ctx)
        return given


class Speed(click.ParamType[float]):
    """`max` or a factor."""

    name = "max|N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """A positive number; `max` is infinity."""
        try:
            speed = float("inf") if value == "max" else float(value)
        except (TypeError, ValueError):
            self.fail(f"{value!r} is neither max nor a number", param, ctx)
        if not speed > 0:
            self.fail("must be above 0", param, ctx)
        return speed


class Host(click.ParamType[tuple[str, int]]):
    """`host:port`."""

    name = "host:port"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """Both of them."""
        if isinstance(value, tuple):
            return value
        host, _, port = value.rpartition(":")
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:  # noqa: PLR2004
            self.fail(f"{value!r} is not an address (like 127.0.0.1:9212)", param, ctx)
        return host.strip("[]"), int(port)


def broker_options(command: Command) -> Command:
    """`--broker`, `--user`, `--password-file`, `--ca-file`, `--client-id`."""
    for option in (
        click.option("--client-id", default=None, help="MQTT client id; a random one unless given."),
        click.option(
            "--ca-file", type=click.Path(exists=True, dir_okay=False), help="Certificate authority for mqtts."
        ),
        click.option(
            "--password-file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help=f"First line is the password; or set {PASSWORD_VARIABLE}.",
        ),
        click.option("--user", default=None, help="User name at the broker."),
        click.option("--broker", "url", default="mqtt://127.0.0.1:1883", show_default=True, help="mqtt:// or mqtts://"),
    ):
        command = option(command)
    return command


def chosen_broker(url: str, *, user: str | None, password_file: Path | None, ca_file: str | None) -> Broker:
    """What those options say. Raises `BrokerError`."""
    password = os.environ.get(PASSWORD_VARIABLE)
    if password_file is not None:
        try:
            password = password_file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise BrokerError(url, f"{password_file} cannot be read") from error
    return broker.parse(url, user=user, password=password, ca_file=ca_file)


def client_id(given: str | None, command: str) -> str:
    """The one given, or one that no other client has."""
    return given or f"clearwarn-{command}-{os.urandom(4).hex()}"


def ending(work: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Runs it to its end and says how that was: 0 well, 1 broken (one line on stderr), 130 interrupted."""
    try:
        asyncio.run(_quietly(work))
    except KeyboardInterrupt:
        return 130
    except DeviceSimError as error:
        click.echo(f"error: {error}", err=True)
        return 1
    return 0


def tell(line: str) -> None:
    """A remark to the person at the terminal, out of the way of what programs read."""
    click.echo(line, err=True)


async def _quietly(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    logging.getLogger("mqtt").addHandler(logging.NullHandler())  # what its client notices, the publisher tells
    asyncio.get_running_loop().set_exception_handler(_closed_socket_is_no_news)
    await work()


def _closed_socket_is_no_news(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The MQTT client may ask to write on a socket that a vanishing broker has just closed: `publisher` mends it."""
    error = context.get("exception")
    if isinstance(error, OSError) and error.errno == errno.EBADF:
        return
    loop.default_exception_handler(context)
