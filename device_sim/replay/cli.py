"""`clearwarn replay`: options, progress and summary."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from device_sim.errors import DeviceSimError, ReplayError
from device_sim.options import Speed, broker_options, chosen_broker, ending, tell
from device_sim.options import client_id as identity
from device_sim.periods import Period
from device_sim.replay import columns, recording
from device_sim.replay.run import Replay
from device_sim.replay.steps import Label
from device_sim.replay.table import Choice, Refused
from device_sim.settings import Root


class Zone(click.ParamType[ZoneInfo]):
    """A name like Asia/Shanghai."""

    name = "zone"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> ZoneInfo:
        """As a `ZoneInfo`."""
        try:
            return ZoneInfo(str(value))
        except (KeyError, ValueError, OSError):
            self.fail(f"no such time zone: {value!r}", param, ctx)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@broker_options
@click.option(
    "--map", "overrides", multiple=True, metavar="COLUMN=PARAMETER[:UNIT]", help="Also time, station, or nothing."
)
@click.option("--station", "stations", multiple=True, help="Whose file it is; with a station column: only these.")
@click.option(
    "--kind", type=click.Choice(["air", "source", "outfall"]), help="Needed for stations not in the catalogue."
)
@click.option(
    "--period",
    type=click.Choice(["auto", *(period.value for period in Period)]),
    default="auto",
    show_default=True,
    help="What each row speaks for; auto: as far as rows lie apart.",
)
@click.option(
    "--label",
    type=click.Choice(["start", "end"]),
    default="start",
    show_default=True,
    help="What the file's time names.",
)
@click.option("--zone", type=Zone(), default="Asia/Shanghai", show_default=True, help="Of times without an offset.")
@click.option("--from", "first", type=datetime.fromisoformat, help="First time of the file to send (ISO).")
@click.option("--to", "last", type=datetime.fromisoformat, help="Last time of the file to send (ISO).")
@click.option("--speed", type=Speed(), default="max", show_default=True, help="Recorded seconds a second.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="At most so many messages a second.")
@click.option(
    "--clock/--no-clock", default=True, show_default=True, help="Says the recorded time, for serve --clock replay."
)
@click.option(
    "--resume", type=click.Path(dir_okay=False, path_type=Path), help="Remembers there how far it went, and goes on."
)
@click.option("--dry-run", is_flag=True, help="Prints the messages instead of publishing them.")
@click.option("--json", "as_json", is_flag=True, help="Prints the summary as JSON.")
@click.pass_obj
def replay(
    root: Root,
    *,
    files: tuple[Path, ...],
    url: str,
    user: str | None,
    password_file: Path | None,
    ca_file: str | None,
    client_id: str | None,
    overrides: tuple[str, ...],
    stations: tuple[str, ...],
    kind: str | None,
    period: str,
    label: str,
    zone: ZoneInfo,
    first: datetime | None,
    last: datetime | None,
    speed: float,
    rate: float | None,
    clock: bool,
    resume: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Publishes recorded CSV files (.gz too) as though the devices sent them: one row a station and time.

    A column is a parameter of the catalogue (pm2_5), or a parameter and its unit (co_ugm3), which is converted.
    """
    refused = Refused(tell)
    choice = Choice(
        zone=zone,
        station=stations[0] if len(stations) == 1 else None,
        only=frozenset(stations),
        first=_aware(first, zone),
        last=_aware(last, zone),
    )
    try:
        broker = chosen_broker(url, user=user, password_file=password_file, ca_file=ca_file)
        loaded = recording.load(
            files,
            catalog=root.catalog(),
            choice=choice,
            overrides=[columns.parse_override(text) for text in overrides],
            kind=kind,
            refused=refused,
            tell=tell,
        )
        if not loaded.rows:
            raise ReplayError("no row is left to send: look at --station, --from and --to")
        run = Replay(
            recording=loaded,
            period=None if period == "auto" else Period(period),
            label=Label(label),
            clock=clock,
            broker=None if dry_run else broker,
            client_id=identity(client_id, "replay"),
            speed=speed,
            rate=rate,
            resume=None if dry_run else resume,
            refused=refused,
        )
    except DeviceSimError as error:
        click.echo(f"error: {error}", err=True)
        raise SystemExit(2) from error
    code = ending(run.run)
    run.say(as_json=as_json)
    raise SystemExit(code)


def _aware(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment.replace(tzinfo=zone) if moment is not None and moment.tzinfo is None else moment
