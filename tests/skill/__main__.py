"""`python -m tests.skill`: what change detection and quality flags are worth on recorded, labelled series."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import click
import pytest

from tests.skill import flags, report
from tests.skill.methods import BY_THE_MINUTE, BY_THE_QUARTER, detector, thresholds, z_scores
from tests.skill.recordings import LOGAN, gecco, logan

RESULTS = Path(__file__).with_name("RESULTS.md")
_HEAD = """# What `make skill` measured

Taken by `python -m tests.skill --write`. Rows are split in two halves by time: settings and thresholds are chosen on
the first, everything below is counted on the second, and no row serves both. An alarm ends after an hour below its
threshold. It is true where it is raised within a labelled event, else false; precision, recall and F1 count events and
alarms, not rows.
"""
_LINE = """A drinking-water line by the minute, seven parameters judged together (Moritz et al. 2018, CC BY 4.0). The
recording has changes that nobody labelled as events: they count as false alarms, whoever raises them."""
_RIVER = """Three sondes by the quarter of an hour, six parameters each, every parameter for itself (Logan River
Observatory, BSD-3-Clause). An event is a run of rows that a technician labelled, for whatever reason: from a single
outlier to months of drift or ice, whose beginning no method sees, so that no recall comes near 1. False alarms are
those of all six parameters."""


def trials() -> list[report.Trial]:
    """Reads the recordings: some seconds."""
    return [
        report.Trial(
            title="Water events: GECCO 2018",
            about=_LINE,
            recordings=[gecco()],
            methods=[detector(BY_THE_MINUTE), thresholds(), z_scores({"hour": 60, "4 h": 240, "day": 1440})],
            budgets=(0.5, 1, 2, 4, 8),
            working=1,
        ),
        report.Trial(
            title="Sensor faults: Logan River",
            about=_RIVER,
            recordings=[logan(site) for site in LOGAN],
            methods=[detector(BY_THE_QUARTER), thresholds(), z_scores({"6 h": 24, "day": 96})],
            budgets=(0.3, 0.6, 1.2, 3, 6),
            working=1.2,
        ),
    ]


def _progress(said: str) -> None:
    click.echo(said, err=True)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.skill", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"also writes {RESULTS.name}")
    given = parser.parse_args()
    try:
        found = trials()
        counts = []
        for source in flags.SOURCES:
            _progress(f"quality flags: {source.title} ...")
            counts.append((source, flags.counted(source)))
    except pytest.skip.Exception as missing:
        click.echo(str(missing), err=True)
        sys.exit(2)
    sections = [report.markdown(trial, report.run(trial, _progress)) for trial in found]
    text = "\n".join([_HEAD, *sections, flags.markdown(counts)])
    click.echo(text)
    if given.write:
        RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
