"""The dashboards, one file each; here they are only listed, in the order of their list in Grafana. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from grafana.boards import air, air_station, outfalls, quality, service, sources, station, targets, wall, warnings
from grafana.boards.board import Board
from grafana.site import Site
from ingest.model import Kind

BOARDS: Mapping[str, Callable[[Site], Board]] = {
    "wall": wall.board,
    "air": air.board,
    "air_station": air_station.board,
    "source": sources.board,
    "outfall": outfalls.board,
    "station": station.board,
    "warnings": warnings.board,
    "targets": targets.board,
    "quality": quality.board,
    "service": service.board,
}

# Of these there is one only where the catalogue has such stations.
_OF_KIND = {
    "air": Kind.AIR,
    "air_station": Kind.AIR,
    "source": Kind.SOURCE,
    "outfall": Kind.OUTFALL,
}


def wanted(site: Site) -> Iterator[Board]:
    """The dashboards of this configuration."""
    for key, board in BOARDS.items():
        kind = _OF_KIND.get(key)
        if kind is None or site.stations(kind):
            yield board(site)
