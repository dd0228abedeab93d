"""`python -m tests.bench`: figures for this machine. CPU time and ratios; other work on the machine blurs them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import click

from tests.bench import air, dashboards, hj212, index, memory, outage, path, pure, quality, restart
from tests.bench.figures import Figure, Size, document, machine, markdown, show

RESULTS = Path(__file__).with_name("RESULTS.md")
MEASUREMENTS: Mapping[str, Callable[[Size], Iterator[Figure]]] = {
    "pure": pure.measure,
    "quality": quality.measure,
    "hj212": hj212.measure,
    "path": path.measure,
    "outage": outage.measure,
    "memory": memory.measure,
    "air": air.measure,
    "restart": restart.measure,
    "index": index.measure,
    "dashboards": dashboards.measure,
}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, for a look")
    parser.add_argument("--json", action="store_true", help="one JSON document in place of the table")
    parser.add_argument("--write", action="store_true", help=f"also writes {RESULTS.name}: what was measured, no more")
    parser.add_argument("--only", choices=MEASUREMENTS, action="append", help="this measurement alone (repeatable)")
    given = parser.parse_args()
    size = Size.QUICK if given.quick else Size.FULL
    measured: dict[str, list[Figure]] = {}
    for name in given.only or MEASUREMENTS:
        click.echo(f"measuring {name} ...", err=True)
        measured[name] = [*MEASUREMENTS[name](size)]
    figures = [*chain.from_iterable(measured.values())]
    if given.json:
        click.echo(json.dumps(document(figures, size), indent=1))
    else:
        show(figures)
    if given.write:
        before = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
        RESULTS.write_text(_written(before, measured, size), encoding="utf-8")


def _written(before: str, measured: Mapping[str, Sequence[Figure]], size: Size) -> str:
    """A section for each measurement: those just taken, and the others as they were."""
    parts = (part.partition("\n") for part in before.split("\n## ")[1:])
    sections = {name: text.strip() for name, _, text in parts}
    for name, figures in measured.items():
        sections[name] = f"Taken ({size.value}) on: {machine()}.\n\n{markdown(figures).strip()}"
    there = [f"## {name}\n\n{sections[name]}\n" for name in MEASUREMENTS if name in sections]
    return "\n".join(["# What `python -m tests.bench --write` measured\n", *there])


if __name__ == "__main__":
    main()
