"""Everything below `config/`, read together: what `serve`, `demo` and `config check` start from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self, TypeVar, get_args

from alerts.errors import ConfigurationError, Problem
from alerts.index_names import INDEX_NAMES
from alerts.notify.settings import NotifySettings, load_notify
from alerts.people import People, load_people
from alerts.procedures import Procedures, load_procedures
from alerts.rules import Rule
from alerts.rules.files import load_rules
from alerts.standards import AirStandards, Targets, load_air_standards, load_targets
from alerts.standards.discharge import DischargeStandards
from alerts.standards.discharge_files import load_discharge_standards
from alerts.standards.water_files import WaterStandards, load_water_standards
from ingest.broker.accounts import misfits
from ingest.broker.options import MosquittoOptions
from ingest.catalog import Catalog, Station
from ingest.settings import ServiceSettings, load_mosquitto, load_service, read_catalog

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The whole configuration, consistent."""

    folder: Path
    service: ServiceSettings
    catalog: Catalog
    air: AirStandards
    targets: Targets
    water: WaterStandards
    discharge: DischargeStandards
    rules: tuple[Rule, ...]
    procedures: Procedures
    people: People
    notify: NotifySettings
    mosquitto: MosquittoOptions
    remarks: tuple[Problem, ...] = ()  # what files of outfalls and water sources lack: nothing that stops a service

    def with_service(self, **changes: object) -> Self:
        """With other values for fields of `service`."""
        return replace(self, service=self.service.model_copy(update=changes))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Reads it all. Raises `ConfigurationError` with every problem of every file."""
        problems: list[Problem] = []
        service = _read(lambda: load_service(folder), problems)
        described = _read(lambda: read_catalog(folder), problems)
        air = _read(lambda: load_air_standards(folder / "standards"), problems)
        targets = _read(lambda: load_targets(folder / "targets.yaml"), problems)
        discharge = _read(lambda: load_discharge_standards(folder / "standards"), problems)
        water = _read(lambda: load_water_standards(folder / "standards"), problems)
        rules = _read(lambda: load_rules(folder / "rules"), problems)
        procedures = _read(lambda: load_procedures(folder / "procedures.yaml"), problems)
        people = _read(lambda: load_people(folder / "people.yaml"), problems)
        notify = _read(lambda: load_notify(folder / "notify.yaml"), problems)
        mosquitto = _read(lambda: load_mosquitto(folder), problems)
        if described is not None and service is not None and mosquitto is not None:
            found = misfits(described[0], service, mosquitto)
            problems.extend(Problem(folder / "broker.yaml", 0, *misfit) for misfit in found)
        if described is not None and rules is not None:
            catalog = described[0]
            problems.extend(Problem(folder / "rules", 0, *found) for found in dict.fromkeys(_strangers(rules, catalog)))
        if (
            service is None
            or described is None
            or air is None
            or targets is None
            or water is None
            or discharge is None
            or rules is None
            or procedures is None
            or people is None
            or notify is None
            or mosquitto is None
            or problems
        ):
            raise ConfigurationError(problems)
        return cls(
            folder=folder,
            service=service,
            catalog=described[0],
            remarks=(*described[1], *_without_limits(folder / "stations", described[0], discharge)),
            air=air,
            targets=targets,
            water=water,
            discharge=discharge,
            rules=rules,
            procedures=procedures,
            people=people,
            notify=notify,
            mosquitto=mosquitto,
        )


def _without_limits(folder: Path, catalog: Catalog, discharge: DischargeStandards) -> Iterator[Problem]:
    """Outfalls of whose standard no limits are known here: then only their permits' hold."""
    for outfall in catalog.outfalls:
        standard, grade = outfall.discharge.standard, outfall.discharge.grade
        if standard is not None and not discharge.knows(standard, grade):
            message = f"{outfall.code}: standards/discharge_limits.yaml has no {standard} {grade or ''}".rstrip()
            yield Problem(
                folder, 0, "outfalls.discharge.standard", f"{message}: only its permit's limits hold 仅按许可限值"
            )


def _strangers(rules: Iterable[Rule], catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Names in rules that the catalogue does not have: such a rule would watch nothing, and nobody would notice."""
    known: Mapping[str, Collection[str]] = {
        "parameter": {*catalog.parameters, *INDEX_NAMES},
        "roles": get_args(Station.model_fields["role"].annotation),
        "stations": catalog.by_id,
        "areas": catalog.area_names,
    }
    for rule in rules:
        for key, names in known.items():
            for name in getattr(rule.select, key):
                if name not in names:
                    entry = rule.id.partition(".")[0]  # of which this rule is one parameter or period
                    yield f"{entry}.select.{key}", f"the catalogue has no {name!r}"


def _read(load: Callable[[], Part], problems: list[Problem]) -> Part | None:
    try:
        return load()
    except ConfigurationError as error:
        problems.extend(error.problems)
        return None
