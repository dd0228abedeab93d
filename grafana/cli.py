"""`clearwarn dashboards`: build, push, preview. Reads and writes files; everything else is elsewhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from alerts.notifications import Language
from ingest.configuration import Configuration
from ingest.settings import InfluxSettings, load_service

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


@dashboards.command()
@click.option("--url", required=True, envvar="CLEARWARN_GRAFANA_URL", help="Of the Grafana that is there already.")
@click.option("--token", envvar="CLEARWARN_GRAFANA_TOKEN", help="Of a service account; better in the environment.")
@click.option("--token-file", type=click.Path(dir_okay=False, exists=True, path_type=Path), help="First line is it.")
@click.option("--dry-run", is_flag=True, help="Says what it would do, and does nothing.")
@click.option("--overwrite", is_flag=True, help="Takes what somebody changed in Grafana meanwhile as well.")
@_language
@click.option("--json", "as_json", is_flag=True, help="Prints what was done as JSON.")
@click.pass_obj
def push(
    root: Root,
    *,
    url: str,
    token: str | None,
    token_file: Path | None,
    dry_run: bool,
    overwrite: bool,
    language: str,
    as_json: bool,
) -> None:
    """Sends what differs to a running Grafana, into the folder `clearwarn`. 推送仪表盘。"""
    from grafana import building  # noqa: PLC0415  # as above
    from grafana.push import Fate, Pusher, PushError  # noqa: PLC0415  # as above

    secret = (token_file.read_text(encoding="utf-8").splitlines() or [""])[0].strip() if token_file else token
    if not secret:
        raise click.UsageError("give --token-file, --token or CLEARWARN_GRAFANA_TOKEN")
    site = _site(root, language)
    pusher = Pusher(url=url, token=secret, dry_run=dry_run, overwrite=overwrite)
    found = []
    try:
        for one in pusher.push(building.dashboards(site), folder=site.text("folder.title")):
            found.append(one._asdict())
            if not as_json:
                click.echo(f"{'would be ' if dry_run else ''}{one.fate}: {one.kind} {one.uid} {one.title}")
            if one.fate is Fate.ABSENT:
                click.echo(f"note: {url} has no data source with the uid {one.uid}: panels will stay empty", err=True)
    except PushError as error:
        click.echo(f"error: {error}", err=True)
        raise SystemExit(1) from error
    finally:
        if as_json:
            click.echo(json.dumps(found, ensure_ascii=False))


@dashboards.command()
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("dashboards.html"), show_default=True
)
@click.option("--at", type=click.DateTime(), help="The moment that is now, UTC; default the present.")
@click.option("--choose", multiple=True, metavar="NAME=VALUE", help="A variable: station=air-01, parameter=o3 ...")
@_language
@click.pass_obj
def preview(root: Root, *, out: Path, at: datetime | None, choose: tuple[str, ...], language: str) -> None:
    """Draws every dashboard with real answers on one page, for people without Grafana. 预览页面。"""
    from grafana import building  # noqa: PLC0415  # as above
    from grafana.preview.asking import Asker, AskError  # noqa: PLC0415  # as above
    from grafana.preview.page import page, sheets, variables  # noqa: PLC0415  # as above

    store = load_service(root.config_dir).store
    if not isinstance(store, InfluxSettings):
        raise click.UsageError("service.yaml has no InfluxDB as its store: dashboards are asked of one")
    strange = [one for one in choose if "=" not in one]
    if strange:
        raise click.BadParameter(f"{strange[0]!r} is not NAME=VALUE", param_hint="--choose")
    site, now = _site(root, language), at.replace(tzinfo=UTC) if at else datetime.now(UTC)
    choices = dict(one.split("=", 1) for one in choose)
    names = {name for name, _ in variables(building.dashboards(site).values())}
    if unknown := [name for name in choices if name not in names]:
        raise click.BadParameter(
            f"no dashboard has {unknown[0]!r}; there are {', '.join(sorted(names))}", param_hint="--choose"
        )
    found = []
    try:
        with Asker(store.address()) as ask:
            for sheet in sheets(site, ask, now=now, choices=choices):
                click.echo(sheet.title, err=True)
                found.append(sheet)
    except AskError as error:
        click.echo(f"error: {error}", err=True)
        raise SystemExit(1) from error
    out.write_text(page(site, found, now=now), encoding="utf-8")
    click.echo(str(out))


def _site(root: Root, language: str) -> Site:
    """Raises `ConfigurationError`."""
    from grafana.site import Site  # noqa: PLC0415  # as above

    configuration = Configuration.load(root.config_dir)
    return Site(
        catalog=configuration.catalog,
        rules=configuration.rules,
        air=configuration.air,
        water=configuration.water,
        targets=configuration.targets,
        language=Language(language),
    )
