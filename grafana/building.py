"""All dashboards of a configuration as texts, and whether the committed files say the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from alerts.index_names import INDEX_NAMES
from alerts.rules.rule import JudgedRule
from grafana.boards import wanted
from grafana.boards.board import Board, dashboard, uid
from grafana.outline import FILE, geojson
from grafana.site import Site
from grafana.sources import placed

FOLDER = Path(__file__).parent / "dashboards"


class Difference(StrEnum):
    """How a file differs from what the configuration gives."""

    MISSING = "missing"
    CHANGED = "changed"
    LEFT_OVER = "left over"


class Differing(NamedTuple):
    """A file, and how."""

    file: Path
    difference: Difference


def built(site: Site) -> Mapping[str, str]:
    """File names and their texts; the same configuration gives the same bytes."""
    boards = {f"{uid(board.key)}.json": _json(site, board) for board in wanted(site)}
    return {**boards, FILE: geojson(site)}


def dashboards(site: Site) -> Mapping[str, Mapping[str, Any]]:
    """The dashboards by uid, as Grafana is sent them."""
    return {uid(board.key): json.loads(_json(site, board)) for board in wanted(site)}


def _json(site: Site, board: Board) -> str:
    model = json.loads(json.dumps(dashboard(site, board), cls=JSONEncoder))
    return json.dumps(placed(model), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def differences(site: Site, folder: Path) -> list[Differing]:
    """What `write` would change. Raises `OSError`."""
    texts = built(site)
    found = []
    for name, text in texts.items():
        file = folder / name
        if not file.is_file():
            found.append(Differing(file, Difference.MISSING))
        elif file.read_text(encoding="utf-8") != text:
            found.append(Differing(file, Difference.CHANGED))
    left = [one for one in sorted(folder.glob("clearwarn*")) if one.name not in texts]
    return [*found, *(Differing(one, Difference.LEFT_OVER) for one in left)]


def write(site: Site, folder: Path) -> list[Differing]:
    """Makes the files say what the configuration does; what changed. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    texts, changed = built(site), differences(site, folder)
    for file, difference in changed:
        if difference is Difference.LEFT_OVER:
            file.unlink()
        else:
            file.write_text(texts[file.name], encoding="utf-8")
    return changed


def unseen(site: Site) -> Iterator[tuple[str, str]]:
    """Rules over a parameter that no station measures, an area's indices apart, and so no panel shows: with that."""
    there = {name for station in site.catalog.stations for name in station.parameters} | INDEX_NAMES.keys()
    for rule in site.rules:
        if isinstance(rule, JudgedRule) and rule.parameter not in there:
            yield rule.entry, rule.parameter
