"""`clearwarn index air`: reports of hours and days over a file of hourly means."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from alerts.air.figures import Judge
from alerts.errors import UnusableFileError
from alerts.indexing import output
from alerts.indexing.lines import HEADERS, Period
from alerts.indexing.passing import Account, Passing
from alerts.indexing.ports import HourlyFile, Root
from alerts.indexing.reading import source_option, target_option
from alerts.standards import AirStandards, Pollutant, ZoneClass, exact, load_air_standards

UNUSABLE = 2
BLOCKS_A_STEP = 50  # of the progress bar
TOLD = 20  # corrections one by one


class Zone(click.ParamType[ZoneInfo]):
    """A name like Asia/Shanghai."""

    name = "zone"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> ZoneInfo:
        """As a `ZoneInfo`."""
        try:
            return ZoneInfo(str(value))
        except (KeyError, ValueError, OSError):
            self.fail(f"no such time zone: {value!r}", param, ctx)


COLUMNS = "\n\n".join(f"Columns of --period {period}: {', '.join(header)}." for period, header in HEADERS.items())


@click.command(epilog=COLUMNS)
@source_option("Hourly means: CSV, or .csv.gz.")
@target_option("CSV to write (.gz: compressed); - is standard output.")
@click.option(
    "--edition",
    type=click.Choice(["auto", "hj633-2012", "hj633-2026"]),
    default="auto",
    show_default=True,
    help="auto: the one in force on the day measured (2026 from 2026-03-01).",
)
@click.option("--period", type=click.Choice([each.value for each in Period]), default="day", show_default=True)
@click.option(
    "--label",
    type=click.Choice(["start", "end"]),
    default="start",
    show_default=True,
    help="Which end of its hour a row's time names: HJ 212 has the start, the national platform the end.",
)
@click.option(
    "--zone",
    type=Zone(),
    default="Asia/Shanghai",
    show_default=True,
    help="Of times without an offset, and of natural days (a station's own in the catalogue goes before).",
)
@click.option("--station", help="Whose file it is, where it has no station column.")
@click.option(
    "--map", "overrides", multiple=True, metavar="COLUMN=PARAMETER[:UNIT]", help="Also time, station, or nothing."
)
@click.option("--json", "as_json", is_flag=True, help="Prints the summary as JSON.")
@click.pass_context
def air(
    context: click.Context,
    *,
    source: Path,
    target: Path,
    edition: str,
    period: str,
    label: str,
    zone: ZoneInfo,
    station: str | None,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """IAQI, AQI, level and primary pollutants (HJ 633) of every station's hours or natural days. 空气质量指数。

    Columns are read as `clearwarn replay` reads them: time, station, pm2_5 pm10 so2 no2 co o3, each perhaps with its
    unit (co_ugm3). A row is the mean of one hour. Rows may come by station or by time; within 72 h any order will do.
    An hour that comes twice is corrected by what comes last. Values out of the catalogue's range count as missing.

    A day has a line if it lies between a station's first and last: NA where its hours lack. Concentrations are those
    reported (GB/T 8170), empty where not valid (24 h means: 20 hours; 8 h means of O3: 6; their largest: 14 of the
    17 within the day, or above the limit). status: valid; partial, published though incomplete because above 100; NA.

    Lines of --period hour name both ends of their hour. The 2012 edition judges PM by the last 24 h and O3 by the last
    8 h as well; those columns are empty in 2026.
    """
    root: Root = context.obj
    if target != output.STANDARD_OUTPUT and target.exists() and target.samefile(source):
        raise click.UsageError("--to is the file of --from")
    if target == output.STANDARD_OUTPUT and as_json:
        raise click.UsageError("--json and --to - both want standard output")
    standards = _chosen(load_air_standards(root.config_dir / "standards"), edition)
    began = monotonic()
    try:
        with root.hourly_file(
            source,
            parameters=[pollutant.value for pollutant in Pollutant],
            convert=exact,
            zone=zone,
            station=station,
            overrides=overrides,
            label=label,
            tell=_tell,
        ) as rows:
            if absent := [pollutant.value for pollutant in Pollutant if pollutant not in rows.present]:
                _tell(f"{rows.name}: no column is {', '.join(absent)}: missing throughout (see --map)")
            judge = Judge(standards, ZoneClass.TWO)
            passing = Passing(source=rows, judge=judge, period=Period(period), tell=_sparing(_tell))
            _write(passing, rows, target, HEADERS[Period(period)])
            refused = dict(rows.refused)
    except UnusableFileError as error:
        click.echo(f"error: {error}", err=True)
        context.exit(UNUSABLE)
    except OSError as error:
        click.echo(f"error: {target}: cannot be written: {error.strerror or error}", err=True)
        context.exit(1)
    _say(passing.account, refused, monotonic() - began, as_json=as_json)


def _chosen(standards: AirStandards, edition: str) -> AirStandards:
    """With that edition alone, whatever the date."""
    return standards if edition == "auto" else replace(standards, editions=(standards.edition(edition),))


def _write(passing: Passing, rows: HourlyFile, target: Path, header: tuple[str, ...]) -> None:
    with output.spool(target) as spool, _progress() as progress:
        task = progress.add_task(rows.name, total=1.0)
        for number, block in enumerate(passing.blocks()):
            spool.add(block)
            if number % BLOCKS_A_STEP == 0:
                progress.update(task, completed=rows.share)
        progress.update(task, completed=1.0)
        if not passing.account.stations:
            raise UnusableFileError(f"{rows.name}: no row is left to work on")
        with output.replaced(target) as out:
            spool.write(",".join(header) + "\n", out)


def _say(account: Account, refused: dict[str, int], seconds: float, *, as_json: bool) -> None:
    if as_json:
        document = {
            "rows": account.rows,
            "stations": account.stations,
            "first": account.first,
            "last": account.last,
            "lines": account.statuses.total(),
            "statuses": dict(account.statuses),
            "repeated": account.arrivals["repeated"],
            "corrected": account.arrivals["corrected"],
            "refused": refused,
            "seconds": round(seconds, 3),
        }
        click.echo(orjson.dumps(document))
        return
    statuses = ", ".join(f"{count} {status}" for status, count in sorted(account.statuses.items(), reverse=True))
    again = "".join(f"; {count} {name}" for name, count in sorted(account.arrivals.items()))
    left_out = f"; left out: {', '.join(f'{n} {reason}' for reason, n in refused.items())}" if refused else ""
    click.echo(
        f"{account.rows} rows of {account.stations} stations, {account.first} to {account.last}: "
        f"{account.statuses.total()} lines ({statuses}){again}{left_out}",
        err=True,
    )


def _tell(text: str) -> None:
    click.echo(text, err=True)


def _sparing(tell: Callable[[str], None]) -> Callable[[str], None]:
    """Tells of the first few; all are counted in the summary."""
    left = TOLD

    def told(text: str) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            tell(text)
        elif left == -1:
            tell("more of these are only counted")

    return told


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty())
