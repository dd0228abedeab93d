"""`clearwarn store prepare`: an InfluxDB 2 that has what the settings name."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ingest.adapters.influx_admin import Act, Administration, Grantee
from ingest.commands import Root
from ingest.settings import InfluxSettings, load_service, secret

_COLOURS = {Act.SAME: None, Act.MADE: "green", Act.CHANGED: "yellow", Act.LEFT: "red"}
_file = click.Path(dir_okay=False, path_type=Path)


@click.group()
def store() -> None:
    """The store that service.yaml names. 时序库。"""


@store.command()
@click.option("--admin-token-file", type=_file, required=True, help="File with the operator's token.")
@click.option("--service-token", type=_file, required=True, help="Where the service's token goes: reads and writes.")
@click.option("--grafana-token", type=_file, required=True, help="Where Grafana's token goes: reads alone.")
@click.option("--shorten", is_flag=True, help="Lets a retention be made shorter: InfluxDB deletes what is older.")
@click.option("--renew", is_flag=True, help="New tokens; those before are void at once.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def prepare(
    root: Root,
    *,
    admin_token_file: Path,
    service_token: Path,
    grafana_token: Path,
    shorten: bool,
    renew: bool,
    as_json: bool,
) -> None:
    """Makes buckets with their retention and scoped tokens in an InfluxDB 2; keeps what is there. 准备时序库。

    Doing it twice changes nothing. InfluxDB 1.8 has neither: create the databases and users there by hand.
    """
    settings = load_service(root.config_dir).store
    if not isinstance(settings, InfluxSettings) or not settings.org:
        raise click.ClickException(
            "store in service.yaml is no InfluxDB 2 (type influxdb, with org): nothing to prepare"
        )
    administration = Administration(
        url=settings.url,
        org=settings.org,
        token=secret(admin_token_file),
        ca=settings.ca,
        timeout=settings.timeout,
    )
    grantees = (
        Grantee("clearwarn service", ("read", "write"), service_token),
        Grantee("clearwarn grafana", ("read",), grafana_token),
    )
    found = administration.prepare(settings.buckets, grantees, shorten=shorten, renew=renew)
    if as_json:
        click.echo(json.dumps([{"what": done.what, "act": done.act, "remark": done.remark} for done in found]))
        return
    for done in found:
        click.secho(f"{done.act:7} {done.what}" + (f" ({done.remark})" if done.remark else ""), fg=_COLOURS[done.act])
