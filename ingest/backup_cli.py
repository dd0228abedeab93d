"""`clearwarn backup | restore`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from ingest.adapters import backup as taking
from ingest.adapters.restore import manifest_of
from ingest.adapters.restore import restore as put_back
from ingest.commands import Root
from ingest.folder import data_option, the_folder
from ingest.manifest import Manifest

_folder = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("target", type=_folder)
@data_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def backup(root: Root, target: Path, *, data: Path | None, as_json: bool) -> None:
    """Copies the data folder into the new folder TARGET, whether the service runs or not. 备份。

    Intake log, warnings, ledger, quarantine and embedded readings, consistent with each other. An InfluxDB has a
    backup of its own: take it after this one, so that it has all that this one counts as stored.
    """
    folder = the_folder(root, data)
    with _progress("backup 备份", taking.size_of(folder)) as said:
        taken = taking.take(folder, target, version=version("clearwarn"), said=said)
    if as_json:
        click.echo(json.dumps({"target": str(target), **_plain(taken.manifest), "left_out": list(taken.left_out)}))
        return
    click.echo(f"{target}: {_described(taken.manifest)}")
    for name in taken.left_out:
        click.echo(f"not in it: {name}")


@click.command()
@click.argument("source", type=_folder)
@data_option
@click.option("--replace", is_flag=True, help="Sets aside, within the folder, what is in it now.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def restore(root: Root, source: Path, *, data: Path | None, replace: bool, as_json: bool) -> None:
    """Puts the backup in SOURCE into an empty data folder in which no service runs. 恢复。

    Every file is held against its hash first. The next start walks what the log has beyond the rest, as after a crash;
    notifications that were sent after the backup was taken may be sent again.
    """
    folder = the_folder(root, data)
    manifest = manifest_of(source)
    with _progress("restore 恢复", sum(file.size for file in manifest.files)) as said:
        aside = put_back(source, folder, replace=replace, said=said)
    if as_json:
        was = None if aside is None else str(aside)
        click.echo(json.dumps({"data": str(folder), **_plain(manifest), "set_aside": was}))
        return
    click.echo(f"{folder}: {_described(manifest)}")
    if aside is not None:
        click.echo(f"what was there is in {aside}; remove it once all is well")


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """On a terminal; nothing where nobody looks."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, advance=done)


def _plain(manifest: Manifest) -> dict[str, object]:
    return {
        "taken": manifest.ended.isoformat(),
        "files": len(manifest.files),
        "bytes": sum(file.size for file in manifest.files),
        **manifest.positions.model_dump(),
    }


def _described(manifest: Manifest) -> str:
    size = sum(file.size for file in manifest.files) / 1024**2
    return (
        f"{len(manifest.files)} files, {size:.1f} MiB, taken {manifest.ended:%Y-%m-%d %H:%M:%S} UTC by "
        f"{manifest.version}; log {manifest.positions.first} to {manifest.positions.last}"
    )
