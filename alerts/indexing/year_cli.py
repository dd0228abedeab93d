"""`clearwarn index year`: days of a file judged as years, and the plan's targets: a table for people, or JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import click
import orjson
from rich.console import Console

from alerts.errors import UnusableFileError
from alerts.indexing import days, wording
from alerts.indexing.ports import Root
from alerts.indexing.reading import opened, source_option
from alerts.standards import (
    AirStandards,
    DayAmounts,
    Targets,
    Tracked,
    YearEvaluation,
    evaluate,
    load_air_standards,
    load_targets,
    track,
)

UNUSABLE = 2
WIDE = 110  # columns, where it is no terminal

Judged = tuple[str, YearEvaluation, Sequence[Tracked]]


@click.command()
@source_option("What `clearwarn index air --period day` wrote (.gz too).")
@click.option("--year", "years", type=int, multiple=True, help="Only these; default: all of the file.")
@click.option("--station", "stations", multiple=True, help="Only these.")
@click.option("--area", metavar="NAME", help="The stations together, as one area of that name.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_context
def year(
    context: click.Context,
    *,
    source: Path,
    years: tuple[int, ...],
    stations: tuple[str, ...],
    area: str | None,
    as_json: bool,
) -> None:
    """A year's air: valid and good days, heavy pollution, means, percentiles, targets. 年度评价与目标进度。

    AQIs are worked out anew from the file's concentrations (as reported): for the year by the edition of each date, for
    a target by the edition it was set under. An area's day is the mean over its stations; of fewer than three quarters
    of them there is none. A target says what the days after the last one leave: how many may be bad, what PM2.5 must
    average.

    HJ 663's text was not seen: config/standards/hj663.yaml says of each rule how far it is verified.
    """
    root: Root = context.obj
    standards = load_air_standards(root.config_dir / "standards")
    targets = load_targets(root.config_dir / "targets.yaml")
    try:
        found = _subjects(source, stations, area, standards)
    except UnusableFileError as error:
        click.echo(f"error: {error}", err=True)
        context.exit(UNUSABLE)
    judged = [each for name, known in found.items() for each in _judged(name, known, years, standards, targets)]
    if not judged:
        click.echo(f"error: {source}: no day is left to judge: look at --year", err=True)
        context.exit(UNUSABLE)
    if as_json:
        click.echo(orjson.dumps([wording.plain(*each) for each in judged], option=orjson.OPT_INDENT_2))
        return
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    for each in judged:
        for part in wording.shown(*each):
            console.print(part)


def _subjects(
    source: Path, stations: Sequence[str], area: str | None, standards: AirStandards
) -> Mapping[str, Sequence[DayAmounts]]:
    with opened(source) as (text, _):
        found = days.read(text, str(source))
    if strangers := [name for name in stations if name not in found]:
        raise UnusableFileError(f"{source}: no station {', '.join(strangers)} (it has {', '.join(found)})")
    chosen = {name: known for name, known in found.items() if not stations or name in stations}
    return {area: days.joined(chosen, standards)} if area else chosen


def _judged(
    name: str, known: Sequence[DayAmounts], years: Sequence[int], standards: AirStandards, targets: Targets
) -> Iterator[Judged]:
    for number, group in groupby(known, key=lambda day: day.date.year):
        if years and number not in years:
            continue
        of_year = list(group)
        by_edition = {
            edition.name: evaluate(of_year, standards, edition=edition)
            for edition in standards.editions
            if any(target.edition == edition.name for target in targets.targets)
        }
        tracked = [track(target, by_edition[target.edition]) for target in targets.targets]
        yield name, evaluate(of_year, standards), tracked
