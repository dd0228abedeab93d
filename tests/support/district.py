"""The shipped district for tests: its catalogue, its scenario, and a root as the composition root sets it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from device_sim.district import District
from device_sim.scenario import Scenario
from device_sim.settings import load_scenario
from ingest.catalog import Catalog

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
BEIJING = ROOT / "tests" / "support" / "beijing"
T0 = datetime(2026, 11, 23, 2, 17, tzinfo=UTC)


def catalog_of(folder: Path = CONFIG) -> Catalog:
    """The catalogue of that folder; parameters are always the shipped ones."""
    files = [_yaml(file) for file in sorted((folder / "stations").glob("*.yaml"))]
    return Catalog.model_validate(
        {
            "parameters": _yaml(CONFIG / "parameters.yaml")["parameters"],
            "areas": _yaml(folder / "areas.yaml")["areas"],
            **{
                section: [entry for file in files for entry in file.get(section, ())]
                for section in ("stations", "outfalls", "water_sources")
            },
        }
    )


def days_up_to_now() -> tuple[str, ...]:
    """Options of `simulate`: the last three days with everything that happens in them, however fast the machine is."""
    start = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")
    return ("--start", start, "--speed", "max", "--backfill", "48h", "--json")


def _yaml(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def shipped_scenario() -> Scenario:
    """As `config/simulator.yaml` has it."""
    return load_scenario(CONFIG / "simulator.yaml")


def a_district(*, start: datetime = T0, scenario: Scenario | None = None, catalog: Catalog | None = None) -> District:
    """The shipped one unless something else is given."""
    return District(catalog=catalog or catalog_of(), scenario=scenario or shipped_scenario(), start=start)


@dataclass(frozen=True)
class FakeRoot:
    """What `ctx.obj` is."""

    config_dir: Path = CONFIG
    folder: Path = CONFIG

    def catalog(self) -> Catalog:
        return catalog_of(self.folder)
