"""`clearwarn secrets`: the passwords of the servers round us, each in a file of its own."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ingest.broker.cli import secrets_option
from ingest.secret_folder import SecretFolder

NAMES = ("influxdb-admin-password", "influxdb-admin-token", "grafana-admin-password")


@click.command()
@secrets_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document: the names, no secret.")
def secrets(*, folder: Path, as_json: bool) -> None:
    """Makes the passwords of InfluxDB and Grafana where there are none; keeps those that are there. 生成密码文件。

    There are no default passwords. A server takes its password when it first starts: later it is changed in the server.
    """
    kept = SecretFolder(folder)
    kept.open()
    made = {name: kept.password(name).made for name in NAMES}
    if as_json:
        click.echo(json.dumps({"folder": str(folder), "made": [name for name in NAMES if made[name]]}))
        return
    for name in NAMES:
        click.secho(f"{'made' if made[name] else 'same':7} {folder / name}", fg="green" if made[name] else None)
