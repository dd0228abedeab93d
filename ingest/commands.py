"""Which subcommands there are, and where: each is imported when it is asked for.

All of them together take a second and a half to import, what a device in the field or a script in a loop would wait
for each time; `--help` alone needs them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol

import click

# In the order of `--help`.
PLACES: Mapping[str, str] = {
    "demo": "ingest.cli:demo",
    "serve": "ingest.cli:serve",
    "reload": "ingest.cli:reload_",
    "doctor": "ingest.cli:doctor",
    "simulate": "device_sim.cli:simulate",
    "replay": "device_sim.cli:replay",
    "index": "alerts.indexing.cli:index",
    "rules": "alerts.cli:rules",
    "config": "ingest.cli:config",
    "dashboards": "grafana.cli:dashboards",
    "catalog": "ingest.catalog_cli:catalog",
    "broker": "ingest.broker.cli:broker",
    "secrets": "ingest.secrets_cli:secrets",
    "store": "ingest.store_cli:store",
    "backup": "ingest.backup_cli:backup",
    "restore": "ingest.backup_cli:restore",
    "ledger": "ingest.ledger_cli:ledger",
    "quarantine": "ingest.quarantine_cli:quarantine",
    "decode": "ingest.decode_cli:decode",
}


class Root(Protocol):
    """What `ctx.obj` is."""

    @property
    def config_dir(self) -> Path: ...


class Commands(click.Group):
    """A group whose commands are those of `PLACES`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click asks so
        return [*PLACES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        place = PLACES.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command
