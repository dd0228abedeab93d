"""The map's ground: an outline of each area, drawn round its stations. Pure.

The catalogue knows where stations are and no coast: the outline is the hull of an area's stations, somewhat widened,
and says so. A bureau with a real one puts it in the file's place.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from grafana.site import Site

FILE = "clearwarn.geojson"
_MARGIN = 0.012  # degrees round each station, about a kilometre

_Point = tuple[float, float]


def geojson(site: Site) -> str:
    """A polygon for each area."""
    features = []
    for area in site.areas:
        places = [(one.lon, one.lat) for one in site.stations() if one.area == area.id]
        corners = [(x + dx, y + dy) for x, y in places for dx in (-_MARGIN, _MARGIN) for dy in (-_MARGIN, _MARGIN)]
        ring = hull(corners)
        features.append({
            "type": "Feature",
            "properties": {"id": area.id, "name": site.name(area.name)},
            "geometry": {"type": "Polygon", "coordinates": [[[round(x, 4), round(y, 4)] for x, y in (*ring, ring[0])]]},
        })  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=1) + "\n"


def hull(points: Sequence[_Point]) -> list[_Point]:
    """The convex hull, anticlockwise (Andrew's monotone chain)."""
    ordered = sorted(set(points))
    lower, upper = _half(ordered), _half(ordered[::-1])
    return [*lower[:-1], *upper[:-1]]


def _half(ordered: Sequence[_Point]) -> list[_Point]:
    found: list[_Point] = []
    for point in ordered:
        while len(found) > 1 and _turn(found[-2], found[-1], point) <= 0:
            found.pop()
        found.append(point)
    return found


def _turn(a: _Point, b: _Point, c: _Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
