"""What happens in the district: haze, a spill that travels, an outfall that exceeds. Pure.

Each kind says how strongly it is felt at a station at a moment after T0 (0 to 1); its `adds` times that comes on top of
the signals.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import assert_never

from device_sim.scenario import Episode, Exceedance, Haze, Spill
from ingest.catalog import Monitor, Station

Monitors = Mapping[str, tuple[str, Monitor]]  # as `Catalog.monitors`


def strength(episode: Episode, *, station: Station, monitors: Monitors, since: timedelta) -> float:
    """How strongly the episode is felt there, `since` after T0."""
    match episode:
        case Haze():
            # Written for air: an outfall of the same area has no haze.
            felt = station.area == episode.area and station.kind == "air"
            return _swell(episode, since) if felt else 0.0
        case Exceedance():
            return _swell(episode, since) if station.id == episode.station else 0.0
        case Spill():
            return _slug(episode, station=station, monitors=monitors, since=since)
        case _:
            assert_never(episode)


def _swell(episode: Haze | Exceedance, since: timedelta) -> float:
    return _trapezium(since, episode.begins, episode.full, episode.eases, episode.ends)


def _slug(spill: Spill, *, station: Station, monitors: Monitors, since: timedelta) -> float:
    way = _way_km(spill.at, station.id, monitors)
    if way is None:
        return 0.0
    arrival = spill.begins + timedelta(seconds=way * 1000 / spill.velocity)
    full = arrival + spill.rise
    eases = full + spill.lasts
    return _trapezium(since, arrival, full, eases, eases + spill.fall) * float((1 - spill.dilution) ** way)


def _way_km(source: str, station: str, monitors: Monitors) -> float | None:
    """Along the water from the spill; None where the slug does not pass."""
    if station == source:
        return 0.0
    if source not in monitors:
        return None
    intake, begin = monitors[source]
    if station == intake:
        return begin.distance_km
    if station not in monitors or monitors[station][0] != intake:
        return None
    way = begin.distance_km - monitors[station][1].distance_km
    return way if way >= 0 else None


def _trapezium(at: timedelta, begins: timedelta, full: timedelta, eases: timedelta, ends: timedelta) -> float:
    if at <= begins or at >= ends:
        return 0.0
    if at < full:
        return (at - begins) / (full - begins)
    if at <= eases:
        return 1.0
    return (ends - at) / (ends - eases)
