"""What an officer chooses at the top of a dashboard. Pure.

Areas and stations come from the catalogue, with their names; an area's value is a pattern of its stations, since areas
are no tags. `All` is every station that has a history, also one that is gone from the catalogue; a station's box takes
an id that is not in the list. Where the list of stations depends on the kind that is chosen, Grafana asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.builders.dashboard import CustomVariable, QueryVariable
from grafana_foundation_sdk.models.dashboard import VariableOption, VariableRefresh, VariableSort

from grafana import question
from grafana.influx_query import SOURCE
from grafana.site import Site
from ingest.model import Kind

ANY = ".*"
NAMED = r"^(?<text>.*\((?<value>[A-Za-z0-9_-]+)\))$"  # what `question.stations` answers


def area(site: Site, kinds: Sequence[Kind] = tuple(Kind)) -> CustomVariable:
    """One area or all; those that have stations of these kinds."""
    found = []
    for one in site.areas:
        ids = [station.id for station in site.stations() if station.area == one.id and station.kind in kinds]
        if ids:
            found.append((site.name(one.name), "|".join([*ids, one.id])))
    return _chosen("area", site.text("variable.area"), [(site.text("variable.all"), ANY), *found])


def kind(site: Site) -> CustomVariable:
    """One kind of station or all."""
    found = [(site.text(f"kind.{one}"), one.value) for one in Kind if site.stations(one)]
    return _chosen("kind", site.text("variable.kind"), [(site.text("variable.all_kinds"), ANY), *found])


def station(site: Site, kind: Kind | None = None) -> CustomVariable:
    """One station by its name."""
    return _chosen("station", site.text("variable.station"), _names(site, kind))


def station_of_kind(site: Site) -> QueryVariable:
    """One station of the kind chosen, by its name: whatever has written, a station that is gone among them."""
    options = _options(_names(site, None))
    asks: dict[str, object] = {"query": question.stations(site.language.value), "refId": "Stations"}
    return (
        QueryVariable("station")
        .label(site.text("variable.station"))
        .datasource(SOURCE)
        .query(asks)
        .regex(f"/{NAMED}/")
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .options(options)
        .current(options[0])
        .multi(False)
        .include_all(False)
        .allow_custom_value(True)
    )


def parameter(site: Site) -> CustomVariable:
    """One parameter by its name; the first is one that every kind's first station measures, where there is one."""
    firsts = [set(stations[0].parameters) for kind in Kind if (stations := site.stations(kind))]
    used = {name for one in site.stations() for name in one.parameters}
    shared = set.intersection(*firsts) if firsts else set()
    names = sorted((name for name in site.catalog.parameters if name in used), key=lambda name: name not in shared)
    return _chosen("parameter", site.text("variable.parameter"), [(site.parameter(name), name) for name in names])


def _names(site: Site, kind: Kind | None) -> list[tuple[str, str]]:
    return [(f"{site.name(one.name)} ({one.id})", one.id) for one in site.stations(kind)]


def _options(found: Sequence[tuple[str, str]]) -> list[VariableOption]:
    return [VariableOption(text=text, value=value, selected=number == 0) for number, (text, value) in enumerate(found)]


def _chosen(name: str, label: str, options: Sequence[tuple[str, str]]) -> CustomVariable:
    chosen = _options(options)
    return (
        CustomVariable(name)
        .label(label)
        .values(", ".join(option(text, value) for text, value in options))
        .options(chosen)
        .current(chosen[0])
        .multi(False)
        .include_all(False)
        .allow_custom_value(True)
    )


def option(text: str, value: str) -> str:
    """As the list of options has it: Grafana parts them at commas, and text from value at the last colon in blanks."""
    escaped = text.replace(",", "\\,")
    return f"{escaped} : {value}"
