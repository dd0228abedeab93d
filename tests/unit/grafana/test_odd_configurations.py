"""Configurations that are strange and allowed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from alerts.rules import Rule
from grafana import building
from grafana.cli import dashboards
from grafana.filling import Filling, chosen
from ingest.catalog import Catalog
from ingest.model import Kind
from tests.support.boards import boards, panels, queries, the_site
from tests.support.district import ROOT
from tests.support.ingest import NOW

SITE = the_site()
ODD = 'A "quoted" / slashed \\ name, 🙂 ${station} $area [[area]] : <b> | *x*\nsecond line'


def _renamed(name: str) -> Catalog:
    """Every station and area called that."""
    catalog = SITE.catalog
    both = {"zh": name, "en": name}
    return Catalog.model_validate(
        catalog.model_dump()
        | {
            "stations": [one.model_dump() | {"name": both} for one in catalog.stations],
            "areas": [one.model_dump() | {"name": both} for one in catalog.areas],
            "outfalls": [one.model_dump() | {"name": both} for one in catalog.outfalls],
        }
    )


def _only(*kinds: Kind) -> Catalog:
    stations = tuple(one for one in SITE.catalog.stations if one.kind in kinds)
    none: dict[str, object] = {"outfalls": (), "water_sources": ()}
    return SITE.catalog.model_copy(update={"stations": stations, **({} if len(kinds) > 1 else none)})


def test_odd_names_change_no_question() -> None:
    """Questions go by ids; no name is in one."""
    odd = boards(the_site(catalog=_renamed(ODD)))
    for uid, board in boards(SITE).items():
        assert [query.text for query in queries(odd[uid])] == [query.text for query in queries(board)]


def test_odd_names_are_not_taken_for_variables() -> None:
    """What Grafana would fill in is our own alone."""
    for board in boards(the_site(catalog=_renamed(ODD))).values():
        for panel in panels(board):
            shown = json.dumps([panel["title"], panel.get("options"), panel.get("fieldConfig")], ensure_ascii=False)
            filled = Filling(start=NOW, end=NOW, variables={"station": ("?", "?"), "area": ("?", "?")}).words(shown)
            assert filled == shown
            assert "$area" not in shown
            assert "[[" not in shown


def _station_of(board: Mapping[str, Any]) -> dict[str, Any]:
    (found,) = (one for one in board["templating"]["list"] if one["name"] == "station")
    return dict(found)


def test_odd_names_can_be_chosen() -> None:
    """A comma or a colon in a name parts no option from its value."""
    board = boards(the_site(catalog=_renamed(ODD)))["clearwarn-station"]
    variable = _station_of(board)
    assert [one["value"] for one in variable["options"]] == [one.id for one in SITE.stations()]
    assert chosen(board)["station"][1] == SITE.stations()[0].id


def test_any_kind_of_station_may_be_absent() -> None:
    """A bureau with outfalls alone has dashboards, without those of what it has not."""
    of_kind = {
        Kind.AIR: {"clearwarn-air", "clearwarn-air-station"},
        Kind.SOURCE: {"clearwarn-source"},
        Kind.OUTFALL: {"clearwarn-outfall"},
    }
    for kind in Kind:
        found = boards(the_site(catalog=_only(kind)))
        absent = set().union(*(uids for other, uids in of_kind.items() if other is not kind))
        assert set(found) == set(boards(SITE)) - absent


def test_rule_over_what_nobody_measures_is_said_and_no_error() -> None:
    """No panel can show it; the build says so."""
    rules: list[Rule] = [rule for rule in SITE.rules if rule.entry == "source-intake-nh3_n"]
    select = rules[0].select.model_copy(update={"parameter": ("biotoxicity",)})
    stray = rules[0].model_copy(update={"select": select})
    catalog = _only(Kind.AIR)
    site = the_site(catalog=catalog, rules=(stray,))
    assert list(building.unseen(site)) == [("source-intake-nh3_n", "biotoxicity")]
    assert building.built(site)


def test_station_that_is_gone_keeps_its_history() -> None:
    """All areas take in whatever has written; the box takes an id that is not in the list."""
    board = boards(SITE)["clearwarn-wall"]
    assert chosen(board)["area"][1] == ".*"
    station = _station_of(boards(SITE)["clearwarn-station"])
    assert station["allowCustomValue"] is True


def test_check_tells_what_differs(tmp_path: Path) -> None:
    """Missing, changed, left over; written, nothing does."""

    class Root:
        config_dir = ROOT / "config"

    def run(*words: str) -> tuple[int, list[dict[str, str]]]:
        result = CliRunner().invoke(dashboards, ["build", "--json", "--out", str(tmp_path), *words], obj=Root())
        return result.exit_code, json.loads(result.stdout)

    code, found = run("--check")
    assert (code, {one["difference"] for one in found}) == (1, {"missing"})
    assert list(tmp_path.iterdir()) == []
    assert run()[0] == 0
    assert run("--check") == (0, [])
    (tmp_path / "clearwarn-wall.json").write_text("{}")
    (tmp_path / "clearwarn-gone.json").write_text("{}")
    code, found = run("--check")
    assert (code, sorted(one["difference"] for one in found)) == (1, ["changed", "left over"])
    run()
    assert not (tmp_path / "clearwarn-gone.json").exists()
    assert run("--check", "--language", "en")[0] == 1
