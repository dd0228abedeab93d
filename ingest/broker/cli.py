"""`clearwarn broker acl | certs`."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import click

from ingest.broker.certificates import Certificates
from ingest.broker.mosquitto import CONTAINER, KEY, Place
from ingest.broker.writing import ACCOUNTS, FILES, BrokerFiles, Fate, Outcome
from ingest.commands import Root
from ingest.configuration import Configuration
from ingest.secret_folder import DEFAULT, SecretFolder

secrets_option = click.option(
    "--secrets",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT,
    show_default=True,
    help="Folder of all generated secrets; closed to other users.",
)
_COLOURS = {Fate.SAME: None, Fate.MADE: "green", Fate.CHANGED: "yellow", Fate.EDITED: "red"}


@click.group()
def broker() -> None:
    """What a real mosquitto is given: accounts, topics, TLS. 消息服务器配置。"""


@broker.command()
@secrets_option
@click.option("--container", is_flag=True, help="For the compose file: paths as in mosquitto's container.")
@click.option("--at", help="Where mosquitto will find the files, where that is not where they are written.")
@click.option(
    "--persistence", default="/var/lib/mosquitto", show_default=True, help="Folder in which mosquitto keeps its queue."
)
@click.option("--check", is_flag=True, help="Writes nothing; exits 1 where the files are not as the catalogue has it.")
@click.option("--force", is_flag=True, help="Overwrites files that were edited by hand.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def acl(
    root: Root,
    *,
    folder: Path,
    container: bool,
    at: str | None,
    persistence: str,
    check: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Writes mosquitto's configuration, ACL and password file from the catalogue. 由站点目录生成 mosquitto 配置。

    A device may publish below its own topic and nothing else. Accounts that have no password yet are given one, in a
    file of that name below SECRETS/mqtt; those that have one keep it. mosquitto takes ACL and passwords on SIGHUP.
    """
    configuration = Configuration.load(root.config_dir)
    files = BrokerFiles(
        folder=SecretFolder(folder),
        catalog=configuration.catalog,
        options=configuration.mosquitto,
        place=CONTAINER if container else _place(at or str((folder / FILES).absolute()), persistence),
    )
    outcome = files.look() if check else files.write(force=force)
    if as_json:
        click.echo(json.dumps(_plain(outcome), ensure_ascii=False))
    else:
        _say(outcome, folder, checked=check)
    if check and not outcome.current:
        raise click.exceptions.Exit(1)


@broker.command()
@secrets_option
@click.option("--name", "names", multiple=True, help="A name or address by which devices call the broker; repeat it.")
@click.option("--renew", is_flag=True, help="Makes the broker's certificate anew; the authority stays.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def certs(*, folder: Path, names: tuple[str, ...], renew: bool, as_json: bool) -> None:
    """Makes a private authority and the broker's certificate for TLS; keeps what is there. 生成证书。

    SECRETS/broker/ca.pem goes onto every device. SECRETS/ca/ca.key signs: keep it elsewhere once this is done.
    """
    done = Certificates(folder=SecretFolder(folder), names=names).make(renew=renew)
    if as_json:
        made = [str(path) for path in done.made]
        said = {"names": done.names, "made": made, "authority": str(done.authority), "sha256": done.fingerprint}
        click.echo(json.dumps(said))
        return
    for path in done.made:
        click.secho(f"made    {path}", fg="green")
    if not done.made:
        click.echo(f"{done.certificate} stands as it is 证书有效，未作更改")
    click.echo(f"names: {', '.join(done.names)}")
    click.echo(f"authority, SHA-256: {done.fingerprint}")


def _place(files: str, data: str) -> Place:
    for path in (files, data):
        if not path.isprintable() or not PurePosixPath(path).is_absolute():
            raise click.BadParameter(f"{path!r} is not an absolute path on one line")
    return Place(PurePosixPath(files), PurePosixPath(data))


def _plain(outcome: Outcome) -> dict[str, object]:
    return {
        "current": outcome.current,
        "files": {str(path): fate for path, fate in outcome.files.items()},
        "accounts": outcome.accounts,
        "new_accounts": list(outcome.new_accounts),
        "left": list(outcome.left),
    }


def _say(outcome: Outcome, folder: Path, *, checked: bool) -> None:
    for path, fate in outcome.files.items():
        click.secho(f"{fate:7} {path}", fg=_COLOURS[fate])
    click.echo(f"{outcome.accounts} accounts; passwords in {folder / ACCOUNTS}{os.sep}")
    if outcome.new_accounts:
        click.echo(f"{'without' if checked else 'new'} password: {_listed(outcome.new_accounts)}")
    if outcome.left:
        click.echo(f"no longer in the catalogue, may be removed: {_listed(outcome.left)}")
    if not (folder / FILES / KEY).exists():
        click.echo("no certificate yet: make certs, or clearwarn broker certs")
    if Fate.CHANGED in outcome.files.values() and not checked:
        click.echo("have mosquitto read them: kill -HUP its process, or docker compose kill -s HUP mosquitto")


def _listed(names: Sequence[str], most: int = 10) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
