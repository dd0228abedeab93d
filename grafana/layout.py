"""The grid: rows of panels, 24 columns wide, from the top down. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import GridPos, Panel, RowPanel

WIDTH = 24
Drawn = Builder[Panel]


class Shelf(NamedTuple):
    """Panels side by side with their widths, all `height` rows high; a `title` heads them."""

    height: int
    panels: Sequence[tuple[Drawn, int]]
    title: str = ""


def evenly(height: int, panels: Sequence[Drawn], title: str = "", *, across: int = 0) -> Iterator[Shelf]:
    """Shelves of at most `across` panels each, equally wide as far as the grid goes; no shelf is left half empty."""
    if not panels:
        return
    across = min(across or len(panels), len(panels))
    for start in range(0, len(panels), across):
        part = panels[start : start + across]
        width, spare = divmod(WIDTH, len(part))
        widths = [width + (number < spare) for number in range(len(part))]
        yield Shelf(height, list(zip(part, widths, strict=True)), title if start == 0 else "")


def placed(shelves: Iterable[Shelf]) -> Iterator[Panel | RowPanel]:
    """Every panel with its place and number. Raises `ValueError` where a shelf is too wide."""
    number = top = 0
    for shelf in shelves:
        if sum(width for _, width in shelf.panels) > WIDTH:
            message = f"more than {WIDTH} columns in one row: {shelf.title}"
            raise ValueError(message)
        if shelf.title:
            number += 1
            yield Row(shelf.title).id(number).grid_pos(GridPos(h=1, w=WIDTH, x=0, y=top)).build()
            top += 1
        left = 0
        for builder, width in shelf.panels:
            number += 1
            panel = builder.build()
            panel.id_val = number
            panel.grid_pos = GridPos(h=shelf.height, w=width, x=left, y=top)
            left += width
            yield panel
        top += shelf.height
