"""`clearwarn dashboards`: build, push, preview. Reads and writes files; everything else is elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from alerts.notifications import Language
from ingest.configuration import Configuration

if TYPE_CHECKING:
    from grafana.site import Site

_SHIPPED = Path(__file__).parent / "dashboards"


class Root(Protocol):
    """What the root command hands on."""

    @property
    def config_dir(self) -> Path: ...


_language = click.option(
    "--language",
    type=click.Choice([one.value for one in Language]),
    default=Language.ZH.value,
    show_default=True,
    envvar="CLEARWARN_DASHBOARDS_LANGUAGE",
    help="Of titles and texts.",
)


@click.group()
def dashboards() -> None:
    """Grafana's dashboards, from the same configuration as stations and rules. 仪表盘。"""


@dashboards.command()
@click.option("--check", is_flag=True, help="Writes nothing; exits 1 where files and configuration differ.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=_SHIPPED, help="Default: the shipped folder."
)
@_language
@click.option("--json", "as_json", is_flag=True, help="Prints what differs as JSON.")
@click.pass_obj
def build(root: Root, *, check: bool, out: Path, language: str, as_json: bool) -> None:
    """Writes the dashboards as classic JSON, ready to be provisioned from files. 生成仪表盘文件。"""
    from grafana import building  # noqa: PLC0415  # the SDK takes half a second, which no other command should wait for

    site = _site(root, language)
    found = building.differences(site, out) if check else building.write(site, out)
    if as_json:
        click.echo(json.dumps([{"file": str(one.file), "difference": one.difference} for one in found]))
    else:
        for one in found:
            click.echo(f"{one.file}: {one.difference}")
        for rule, parameter in dict.fromkeys(building.unseen(site)):
            click.echo(f"note: rule {rule} is over {parameter}, which no station measures: no panel shows it", err=True)
        if check and found:
            click.echo("run `clearwarn dashboards build` and commit 请运行 clearwarn dashboards build 后提交", err=True)
    if check and found:
        raise SystemExit(1)


def _site(root: Root, language: str) -> Site:
    """Raises `ConfigurationError`."""
    from grafana.site import Site  # noqa: PLC0415  # as above

    configuration = Configuration.load(root.config_dir)
    return Site(catalog=configuration.catalog, rules=configuration.rules, language=Language(language))
