"""All of it together, checked against itself, and look-ups over it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from ingest.catalog.entry import Entry, Name
from ingest.catalog.parameter import Parameter
from ingest.catalog.station import Area, Station


class Catalog(Entry):
    """All of it, checked against itself. Raises pydantic's `ValidationError` naming every problem at once."""

    parameters: Mapping[str, Parameter]
    areas: tuple[Area, ...]
    stations: tuple[Station, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Station]:
        """Stations by id."""
        return {station.id: station for station in self.stations}

    @cached_property
    def area_names(self) -> Mapping[str, Name]:
        """Area names by id."""
        return {area.id: area.name for area in self.areas}

    def problems(self) -> list[tuple[tuple[int | str, ...], str]]:
        """What does not fit together: (number of the station, keys below it ...) and the message."""
        found: list[tuple[tuple[int | str, ...], str]] = []
        seen: set[str] = set()
        areas = self.area_names
        for number, station in enumerate(self.stations):
            if station.id in seen:
                found.append(((number, "id"), f"station {station.id!r} is there twice"))
            seen.add(station.id)
            if station.area not in areas:
                found.append(((number, "area"), f"no area {station.area!r} in areas.yaml"))
            found.extend(
                ((number, "parameters", at), f"no parameter {name!r} in parameters.yaml")
                for at, name in enumerate(station.parameters)
                if name not in self.parameters
            )
            found.extend(
                ((number, "limits", name), f"{station.id!r} does not measure {name!r}")
                for name in station.limits
                if name not in station.parameters
            )
            if station.upstream_of and station.upstream_of not in self.by_id:
                found.append(((number, "upstream_of"), f"no station {station.upstream_of!r}"))
        return found
