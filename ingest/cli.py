"""`clearwarn serve | reload | demo | doctor | config check | config plan`."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from ingest import collector
from ingest.adapters.alerting import standing_in
from ingest.adapters.clock import ReplayClock, SystemClock
from ingest.adapters.control import ask
from ingest.app import Service
from ingest.catalog import duration as read_duration
from ingest.commands import Root
from ingest.configuration import Configuration
from ingest.demo import Demo
from ingest.doctor import Verdict, examine
from ingest.errors import OrderRefusedError
from ingest.plan import compare
from ingest.settings import load_service
from ingest.wording import said


class _Span(click.ParamType[timedelta]):
    name = "duration"

    def convert(self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        read = read_duration(value if value[-1:].isalpha() else f"{value}s")
        if not isinstance(read, timedelta):
            self.fail(f"{value!r} is not a duration (like 60, 90s, 5m, 1h)", param, ctx)
        return read


@click.command()
@click.option(
    "--clock",
    type=click.Choice(["system", "replay"]),
    default="system",
    show_default=True,
    help="replay: lives in the time that `clearwarn replay` tells over MQTT.",
)
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder, in place of service.yaml's."
)
@click.pass_obj
def serve(root: Root, *, clock: str, data: Path | None) -> None:
    """Runs the service against the broker and store of config/service.yaml, until SIGTERM or Ctrl-C. 运行服务。"""
    collector.hold()

    def read() -> Configuration:
        found = Configuration.load(root.config_dir)
        return found if data is None else found.with_service(data=data)

    asyncio.run(_serve(read, replayed=clock == "replay"))


async def _serve(read: Callable[[], Configuration], *, replayed: bool) -> None:
    configuration = read()
    if replayed:
        clock = ReplayClock()
        service = Service(configuration=configuration, reread=read, clock=clock, set_clock=clock.set)
    else:
        service = Service(configuration=configuration, reread=read, clock=SystemClock())
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, service.stop)
    loop.add_signal_handler(signal.SIGHUP, service.reload)
    await service.run()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})  # asked again: it has stopped


@click.command("reload")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Its data folder, in place of service.yaml's.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def reload_(root: Root, *, data: Path | None, as_json: bool) -> None:
    """Has the running service take its configuration anew, whole or not at all; prints what changed. 重新加载配置。

    No reading and no alarm is lost. Refused, with exit code 1, where a standing warning would be orphaned or a restart
    is needed; 2 where the configuration is not sound. See first with `clearwarn config plan`. SIGHUP does the same.
    """
    folder = data or load_service(root.config_dir).data
    try:
        plan = ask(folder, "reload")
    except OrderRefusedError as refused:
        if as_json:
            click.echo(json.dumps({"ok": False, "error": str(refused), **refused.facts}, ensure_ascii=False))
        else:
            for problem in refused.facts.get("problems", ()):
                click.echo(problem, err=True)
            _print_plan({"changes": (), "restart": (), "touched": (), **refused.facts}, only_why=True)
            click.echo(f"refused, all stays as it is 未执行: {refused}", err=True)
        raise click.exceptions.Exit(2 if "problems" in refused.facts else 1) from refused
    if as_json:
        click.echo(json.dumps({"ok": True, **plan}, ensure_ascii=False))
    else:
        _print_plan(plan)
        click.echo("reloaded 已重新加载")


@click.command()
@click.option("--duration", type=_Span(), help="Ends by itself after so long (seconds, or 90s, 5m).")
@click.option("--json", "as_json", is_flag=True, help="Prints one JSON document at the end and nothing else.")
@click.option("--port", type=click.IntRange(0, 65535), help="The console's port; default 8080 or the next free one.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keeps the data in this folder; default: a temporary one, removed at the end.",
)
@click.pass_obj
def demo(root: Root, *, duration: timedelta | None, as_json: bool, port: int | None, data: Path | None) -> None:
    """A whole district in one process: broker, devices, service, console. 一条命令看全貌。

    48 h of history, then live from a day ago at 60 x until it reaches now.
    """
    configuration = Configuration.load(root.config_dir)
    running = Demo(configuration=configuration, data=data, console_port=port, quiet=as_json)
    account = asyncio.run(running.run(duration))
    if as_json:
        click.echo(json.dumps(account, ensure_ascii=False))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def doctor(root: Root, *, as_json: bool) -> None:
    """Checks configuration, broker, store, disk, clock and permissions, and says what to do. 检查安装。"""
    findings = asyncio.run(examine(root.config_dir))
    if as_json:
        click.echo(json.dumps([finding.plain() for finding in findings], ensure_ascii=False, indent=1))
    else:
        colours = {Verdict.OK: "green", Verdict.REMARK: "yellow", Verdict.WRONG: "red"}
        for finding in findings:
            click.secho(f"{finding.verdict.value:6}", fg=colours[finding.verdict], nl=False)
            click.echo(f" {finding.what}: {finding.message}")
            if finding.remedy:
                click.echo(f"       -> {finding.remedy}")
    if any(finding.verdict is Verdict.WRONG for finding in findings):
        raise click.exceptions.Exit(1)


def _print_plan(plan: Mapping[str, Any], *, only_why: bool = False) -> None:
    """Click leaves the colours out where it is no terminal."""
    shown = {**plan, "changes": ()} if only_why else plan
    for colour, line in said(shown, refused=only_why):
        click.secho(line, fg=colour, err=only_why)


@click.group()
def config() -> None:
    """The configuration below config/. 配置。"""


@config.command("check")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def config_check(root: Root, *, as_json: bool) -> None:
    """Reads every file and names every problem with file, line and path; exits 2 if there is one. 检查配置。

    What files of outfalls and water sources lack is said as a remark, and is no error.
    """
    configuration = Configuration.load(root.config_dir)
    counts = {
        "stations": len(configuration.catalog.stations),
        "parameters": len(configuration.catalog.parameters),
        "areas": len(configuration.catalog.areas),
        "outfalls": len(configuration.catalog.outfalls),
        "water_sources": len(configuration.catalog.water_sources),
        "rules": len(configuration.rules),
        "people": len(configuration.people.persons),
    }
    if as_json:
        remarks = [
            {"file": str(one.file), "line": one.line, "path": one.path, "message": one.message}
            for one in configuration.remarks
        ]
        said = {"ok": True, "folder": str(configuration.folder), **counts, "remarks": remarks}
        click.echo(json.dumps(said, ensure_ascii=False))
    else:
        for remark in configuration.remarks:
            click.secho(f"remark 待补: {remark}", fg="yellow")
        click.echo(
            f"{configuration.folder}: "
            + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
        )


@config.command("plan")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder, in place of service.yaml's."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def config_plan(root: Root, folder: Path, *, data: Path | None, as_json: bool) -> None:
    """What the configuration in FOLDER would change: stations, rules, limits, people, standing warnings. 变更预览。

    Compared with the present one (--config). Changes nothing; standing warnings are read from the data folder, whether
    the service runs or not. Exit code 1 where one would be orphaned, so that a reload would be refused.
    """
    present, future = Configuration.load(root.config_dir), Configuration.load(folder)
    if data is not None:
        present, future = (one.with_service(data=data) for one in (present, future))
    plan = compare(present, future, standing_in(present.service.data))
    if as_json:
        click.echo(json.dumps({"allowed": not plan.orphans, **plan.plain()}, ensure_ascii=False))
    else:
        _print_plan(plan.plain())
    if plan.orphans:
        raise click.exceptions.Exit(1)
