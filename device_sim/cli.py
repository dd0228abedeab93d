"""`clearwarn simulate` and `clearwarn replay`. The root sets `ctx.obj` (see `settings.Root`)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import yaml

from device_sim import mischief
from device_sim.district import District
from device_sim.errors import DeviceSimError, ScenarioError
from device_sim.options import Host, Span, Speed, broker_options, chosen_broker, client_id, ending
from device_sim.pacing import system_time
from device_sim.replay.cli import replay
from device_sim.scaling import scaled
from device_sim.settings import Root, load_scenario
from device_sim.simulation import Simulation, Totals
from ingest.catalog import Catalog

__all__ = ["replay", "simulate"]

BEHIND = timedelta(hours=24)  # where a faster clock starts, as the demonstration's does


@click.command()
@broker_options
@click.option("--speed", type=Speed(), default=1.0, show_default=True, help="Simulated seconds a second.")
@click.option("--start", type=click.DateTime(), help="Start of the live part, UTC; default now, a day ago if faster.")
@click.option(
    "--until", type=click.DateTime(), help="End of the live part, UTC; default now at --speed max, else none."
)
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="At most so many messages a second.")
@click.option("--duration", type=Span(), help="Ends after so much real time.")
@click.option("--backfill", type=Span(), default="48h", show_default=True, help="History sent first; 0s for none.")
@click.option("--stations", type=click.IntRange(min=1), help="So many stations, copies beyond the catalogue's.")
@click.option(
    "--write-stations", type=click.Path(dir_okay=False, path_type=Path), help="Writes these stations as YAML."
)
@click.option("--faults", multiple=True, help="all, duplicate, delayed=0.05, ...: damages messages on purpose.")
@click.option("--hj212", type=Host(), metavar="HOST:PORT", help="Where stations that speak HJ 212 over TCP connect.")
@click.option(
    "--scenario",
    "scenario_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another one than config/simulator.yaml.",
)
@click.option("--seed", type=int, help="Another district; default the scenario's.")
@click.option("--clock", is_flag=True, help="Says the simulated time, for serve --clock replay.")
@click.option("--dry-run", is_flag=True, help="Prints the messages instead of publishing them.")
@click.option("--json", "as_json", is_flag=True, help="Prints the summary as JSON.")
@click.pass_obj
def simulate(
    root: Root,
    *,
    url: str,
    user: str | None,
    password_file: Path | None,
    ca_file: str | None,
    client_id: str | None,
    speed: float,
    start: datetime | None,
    until: datetime | None,
    rate: float | None,
    duration: timedelta | None,
    backfill: timedelta,
    stations: int | None,
    write_stations: Path | None,
    faults: tuple[str, ...],
    hj212: tuple[str, int] | None,
    scenario_file: Path | None,
    seed: int | None,
    clock: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Publishes the pretend district to a broker, history first, then live until interrupted."""
    began = start.replace(tzinfo=UTC) if start else system_time() - (BEHIND if speed > 1 else timedelta(0))
    try:
        scenario = load_scenario(scenario_file or root.config_dir / "simulator.yaml")
        if seed is not None:
            scenario = scenario.model_copy(update={"seed": seed})
        catalog = root.catalog() if stations is None else scaled(root.catalog(), stations)
        shares = mischief.parse(faults)
        district = District(catalog=catalog, scenario=scenario, start=began)
        if district.over_tcp and hj212 is None and not dry_run:
            stations_over_tcp = ", ".join(district.over_tcp)
            raise ScenarioError(
                f"{stations_over_tcp}: HJ 212 over TCP; say --hj212 HOST:PORT (hj212_tcp of the service)"
            )
        broker = chosen_broker(url, user=user, password_file=password_file, ca_file=ca_file)
    except DeviceSimError as error:
        click.echo(f"error: {error}", err=True)
        raise SystemExit(2) from error
    if write_stations is not None:
        _write(catalog, write_stations)
    totals = Totals()
    simulation = Simulation(
        district=district,
        broker=None if dry_run else broker,
        host=hj212,
        client_id=_identity(client_id),
        totals=totals,
        speed=speed,
        until=until and until.replace(tzinfo=UTC),
        rate=rate,
        duration=duration,
        backfill=backfill,
        mischief=shares,
        clock=clock,
    )
    code = ending(simulation.run)
    totals.say(as_json=as_json)
    raise SystemExit(code)


def _identity(given: str | None) -> str:
    return client_id(given, "simulate")


def _write(catalog: Catalog, file: Path) -> None:
    entries = [
        station.model_dump(mode="json", exclude={"interval", "lateness"}, exclude_defaults=True)
        | {
            "interval": f"{station.interval.total_seconds():.0f}s",
            "lateness": f"{station.lateness.total_seconds():.0f}s",
        }
        for station in catalog.stations
    ]
    file.write_text(yaml.safe_dump({"stations": entries}, allow_unicode=True, sort_keys=False), encoding="utf-8")
