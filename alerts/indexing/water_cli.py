"""`clearwarn index water`: classes and compliance of a file of samples."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

import click

from alerts.errors import UnusableFileError
from alerts.indexing import output
from alerts.indexing.reading import opened, source_option, target_option
from alerts.indexing.water_samples import SampleFile, WaterSample
from alerts.standards.compliance import Judged, Rate, monthly
from alerts.standards.water import Body, Direction, WaterReport, WaterStandard, Zone
from alerts.standards.water_files import load_water_standards

HEADER = ("station", "time", "class", "decisive", "compliant", "missing")
MONTHLY = ("month", "group", "source", "compliant", "samples", "rate", "target", "met")
_ROWS_A_STEP = 1000  # of the progress bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the catalogue knows of a station: its water, the zone it stands in, and the source it belongs to.

    `volume` is the water that a sample speaks for, where compliance is counted by water taken.
    """

    body: Body
    zone: Zone
    group: str
    source: str
    volume: float = 0.0


class Root(Protocol):
    """What `ctx.obj` is."""

    @property
    def config_dir(self) -> Path: ...

    def water_settings(self) -> dict[str, Setting]:
        """By station; of those that belong to a water source."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """How samples are judged: by the catalogue where it knows the station, by the options where they say so."""

    standard: WaterStandard
    settings: dict[str, Setting]
    body: Body | None
    target: int | None
    wanted: tuple[str, ...]

    def report(self, sample: WaterSample) -> WaterReport:
        setting = self.settings.get(sample.station)
        body = self.body or (setting.body if setting else Body.RIVER)
        zone = setting.zone if setting else Zone.NONE
        return self.standard.judge(
            sample.values,
            body=body,
            target=self.standard.targets[zone] if self.target is None else self.target,
            source=bool(self.standard.supplementary),
            wanted=tuple(key for key in self.standard.wanted(body) if key in self.wanted),
        )


@click.command()
@source_option("Samples: CSV, or .csv.gz.")
@target_option("CSV to write (.gz: compressed); - is standard output.")
@click.option("--standard", "chosen", type=click.Choice(["gb3838", "gb3097"]), default="gb3838", show_default=True)
@click.option("--body", type=click.Choice(["river", "lake"]), help="Default: as the catalogue has it, else river.")
@click.option("--class", "wanted_class", help="The class to keep; default: by the station's zone (II or III).")
@click.option(
    "--monthly",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also writes the monthly compliance rates of sources and groups. 月度达标率。",
)
@click.option("--group", default="urban", show_default=True, help="Of stations that no water source of ours names.")
@click.option("--json", "as_json", is_flag=True, help="Prints the summary as JSON.")
@click.pass_obj
def water(
    root: Root,
    *,
    source: Path,
    target: Path,
    chosen: str,
    body: str | None,
    wanted_class: str | None,
    monthly: Path | None,
    group: str,
    as_json: bool,
) -> None:
    """Class of every sample (GB 3838-2002; GB 3097: not verified), and whether it keeps the one wanted. 水质类别。

    Columns: station, time, and items with or without a unit (nh3_n, nh3_n_mgl, hg_ugl). The worst item makes the class;
    water temperature, total nitrogen and faecal coliforms are left out of it. decisive: the items that make it, none at
    the best class. compliant: class II in a primary protection zone, III elsewhere, and the limits of the supplementary
    items of sources that have a column; empty where nothing could be judged. missing: items that have a column and no
    value. `<0.01` and `0.01L` count as 0.01.
    """
    if target != output.STANDARD_OUTPUT and target.exists() and target.samefile(source):
        raise click.UsageError("--to is the file of --from")
    standards = load_water_standards(root.config_dir / "standards")
    standard = standards.surface if chosen == "gb3838" else standards.sea
    if wanted_class is not None and wanted_class not in standard.classes:
        raise click.UsageError(f"--class {wanted_class}: {standard.standard} has {', '.join(standard.classes)}")
    if group not in standards.compliance.groups:
        raise click.UsageError(f"--group {group}: there are {', '.join(standards.compliance.groups)}")
    settings = root.water_settings()
    with _opened(source) as rows:
        file = SampleFile(rows, name=source.name, items=_items(standard), at_most=_at_most(standard))
        _tell_columns(file, standard)
        judge = _Judge(
            standard=standard,
            settings=settings,
            body=Body(body) if body else None,
            target=None if wanted_class is None else standard.classes.index(wanted_class),
            wanted=file.keys,
        )
        counts, judged = _write(target, file, judge, group if monthly else None)
    if monthly:
        _write_monthly(monthly, judged, standards.compliance)
    _say(counts, file, as_json=as_json)


def _items(standard: WaterStandard) -> tuple[str, ...]:
    return (*standard.items, *standard.supplementary)


def _at_most(standard: WaterStandard) -> tuple[str, ...]:
    items = (key for key, item in standard.items.items() if item.direction is Direction.AT_MOST)
    return (*items, *standard.supplementary)


def _tell_columns(file: SampleFile, standard: WaterStandard) -> None:
    if file.left_out:
        click.echo(f"no item of {standard.standard}, left out: {', '.join(file.left_out)}", err=True)
    lacking = [key for key in standard.wanted(Body.LAKE) if key not in file.keys]
    if lacking:
        click.echo(f"no column, so the class rests on the others alone: {', '.join(lacking)}", err=True)


@contextlib.contextmanager
def _opened(source: Path) -> Iterator[Iterator[tuple[int, Sequence[str]]]]:
    with opened(source) as (text, raw), click.progressbar(length=source.stat().st_size, file=sys.stderr) as bar:
        yield _lines(text, raw, bar)


def _lines(text: IO[str], raw: IO[bytes], bar: Any) -> Iterator[tuple[int, Sequence[str]]]:
    reader = csv.reader(text)
    done = 0
    for number, row in enumerate(reader):
        if number % _ROWS_A_STEP == 0:
            bar.update(raw.tell() - done)
            done = raw.tell()
        yield reader.line_num, row


def _write(target: Path, file: SampleFile, judge: _Judge, group: str | None) -> tuple[Counter[str], list[Judged]]:
    counts: Counter[str] = Counter()
    judged: list[Judged] = []
    with _written(target) as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(HEADER)
        for sample in file.samples():
            report = judge.report(sample)
            name = "" if report.rank is None else judge.standard.name(report.rank)
            compliant = {None: "", True: "yes", False: "no"}[report.compliant]
            writer.writerow(
                [sample.station, sample.time, name, ";".join(report.decisive), compliant, ";".join(report.missing)]
            )
            counts[name or "none"] += 1
            counts[f"compliant {compliant or 'unknown'}"] += 1
            if group is not None and report.compliant is not None:
                judged.append(_judged(sample, report.compliant, judge.settings.get(sample.station), group))
    return counts, judged


def _judged(sample: WaterSample, compliant: bool, setting: Setting | None, group: str) -> Judged:  # noqa: FBT001  what it is
    if not re.match(r"\d{4}-\d{2}(\D|$)", sample.time):
        raise UnusableFileError(f"line {sample.line}: {sample.time!r} names no month (like 2026-04-01T08:00)")
    source, group = (setting.source, setting.group) if setting else (sample.station, group)
    return Judged(group, source, sample.time[:7], compliant, setting.volume if setting else 0.0)


@contextlib.contextmanager
def _written(target: Path) -> Iterator[IO[str]]:
    try:
        with output.replaced(target) as out:
            text = io.TextIOWrapper(out, encoding="utf-8", newline="")
            try:
                yield text
                text.flush()
            finally:
                text.detach()  # what is beneath is not ours to close
    except OSError as error:
        raise click.ClickException(f"{target}: cannot be written: {error.strerror or error}") from error


def _write_monthly(target: Path, judged: Sequence[Judged], method: Any) -> None:
    with _written(target) as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(MONTHLY)
        writer.writerows(_monthly_row(rate) for rate in monthly(judged, method))


def _monthly_row(rate: Rate) -> list[str]:
    per_cent = "" if rate.per_cent is None else f"{float(rate.per_cent):.1f}"
    met = {None: "", True: "yes", False: "no"}[rate.met]
    counts = [str(rate.compliant), str(rate.samples)]
    return [rate.month, rate.group, rate.source or "(group)", *counts, per_cent, f"{float(rate.target):g}", met]


def _say(counts: Counter[str], file: SampleFile, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"counts": dict(counts), "refused": dict(file.refused)}, ensure_ascii=False))
        return
    said = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    refused = "".join(f"; {count} cells or rows left out: {why}" for why, count in file.refused.items())
    click.echo(f"{said}{refused}", err=True)
