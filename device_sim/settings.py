"""Reading `simulator.yaml`, and what the command line's root hands to our commands."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import yaml
from pydantic import ValidationError

from device_sim.errors import ScenarioError
from device_sim.scenario import Scenario
from ingest.catalog import Catalog


class Root(Protocol):
    """What `ctx.obj` is, set by the composition root."""

    @property
    def config_dir(self) -> Path: ...

    def catalog(self) -> Catalog:
        """The catalogue of `config_dir`; raises where it is wrong."""
        ...


def load_scenario(file: Path) -> Scenario:
    """Raises `ScenarioError` naming every problem."""
    try:
        return Scenario.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ScenarioError(f"{file}: {error}") from error
    except ValidationError as error:
        raise ScenarioError(
            "\n".join(
                f"{file}: {'.'.join(map(str, detail['loc']))}: {detail['msg']}"
                for detail in error.errors(include_url=False)
            )
        ) from error
