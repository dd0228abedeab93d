"""Laws over names: whatever they hold, dashboards stay what they are."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from grafana.outline import hull
from grafana.site import plain
from grafana.variables import NAMED, option

NAMES = st.text(min_size=1, max_size=40)
IDS = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,20}\Z")


@given(NAMES)
def test_plain_names_are_filled_in_nowhere(name: str) -> None:
    """Neither `$name`, `${name}` nor `[[name]]` is left in them."""
    shown = plain(name)
    assert not re.search(r"\$\w|\$\{|\[\[", shown)
    assert shown
    assert len(shown.splitlines()) == 1


@given(st.lists(st.tuples(NAMES, IDS), min_size=1, max_size=5))
def test_options_are_parted_as_grafana_parts_them(options: list[tuple[str, str]]) -> None:
    """By its own patterns each name is back with its own id."""
    said = ", ".join(option(plain(name), id_) for name, id_ in options)
    parts = [part.replace("\\,", ",") for part in re.findall(r"(?:\\,|[^,])+", said)]
    found = [re.fullmatch(r"\s*(.+)\s:\s(.+)", part) for part in parts]
    assert [match and match[2] for match in found] == [id_ for _, id_ in options]


@given(NAMES.map(lambda name: " ".join(name.split())), IDS)
def test_what_is_listed_ends_in_its_value(name: str, id_: str) -> None:
    """By the pattern that Grafana is given, a station's line in the list is its text, and its id the value."""
    said = f"{name} ({id_})"
    found = re.search(NAMED.replace("?<", "?P<"), said)
    assert found is not None
    assert (found["text"], found["value"]) == (said, id_)


POINTS = st.tuples(st.integers(-50, 50), st.integers(-50, 50)).map(lambda at: (float(at[0]), float(at[1])))


@given(st.lists(POINTS, min_size=4, max_size=30))
def test_hull_holds_every_point(points: list[tuple[float, float]]) -> None:
    """None lies to the right of an edge that goes anticlockwise round them."""
    ring = hull(points)
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], *ring[:1]], strict=True):
        assert all((bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0 for x, y in points)
