"""Pushing to a Grafana that is there already, over real HTTP against its contract."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grafana.cli import dashboards
from tests.support.boards import boards, the_site
from tests.support.district import ROOT
from tests.support.grafana_api import TOKEN, GrafanaFake, grafana_api
from tests.support.mosquitto import free_port

UIDS = set(boards(the_site()))


@pytest.fixture
def fake() -> Iterator[GrafanaFake]:
    with grafana_api() as listening:
        yield listening


class Root:
    config_dir = ROOT / "config"


def push(url: str, *words: str, token: str = TOKEN) -> Result:
    given = ["push", "--url", url, *words]
    return CliRunner().invoke(dashboards, given, obj=Root(), env={"CLEARWARN_GRAFANA_TOKEN": token})


def fates(result: Result) -> dict[str, str]:
    assert result.exit_code == 0, result.output
    return {one["uid"]: one["fate"] for one in json.loads(result.stdout) if one["kind"] == "dashboard"}


def test_push_creates_everything_and_then_nothing(fake: GrafanaFake) -> None:
    """The second run looks and saves nothing."""
    assert fates(push(fake.url, "--json")) == dict.fromkeys(UIDS, "created")
    assert set(fake.dashboards) == UIDS
    assert fake.folders["clearwarn"]["title"] == "清警"
    assert {one["folder"] for one in fake.dashboards.values()} == {"clearwarn"}
    saves = len(fake.saves)
    assert fates(push(fake.url, "--json")) == dict.fromkeys(UIDS, "unchanged")
    assert len(fake.saves) == saves


def test_push_updates_only_what_differs(fake: GrafanaFake) -> None:
    """One that was changed, and one that was moved to another folder."""
    push(fake.url)
    fake.dashboards["clearwarn-air"]["body"]["refresh"] = "5s"
    fake.dashboards["clearwarn-wall"]["folder"] = "elsewhere"
    found = fates(push(fake.url, "--json"))
    assert {uid for uid, fate in found.items() if fate == "updated"} == {"clearwarn-air", "clearwarn-wall"}
    assert fake.dashboards["clearwarn-wall"]["folder"] == "clearwarn"
    assert fates(push(fake.url, "--json")) == dict.fromkeys(UIDS, "unchanged")


def test_push_takes_fields_that_grafana_adds_for_no_difference(fake: GrafanaFake) -> None:
    """What its types do not know is its own."""
    push(fake.url)
    fake.adds = {"gridLayout": "auto", "iteration": 1700000000}
    assert fates(push(fake.url, "--json")) == dict.fromkeys(UIDS, "unchanged")


def test_dry_run_only_looks(fake: GrafanaFake) -> None:
    """It says what it would do."""
    result = push(fake.url, "--dry-run")
    assert result.exit_code == 0
    assert "would be created: dashboard clearwarn-wall 值班总览" in result.output
    assert fake.saves == []


def test_unknown_token_is_said(fake: GrafanaFake) -> None:
    """401: what to make."""
    result = push(fake.url, token="wrong")
    assert (result.exit_code, fake.saves) == (1, [])
    assert "(401): make one for a service account with the role Editor" in result.output


def test_token_that_may_not_write_is_said(fake: GrafanaFake) -> None:
    """403: what it lacks."""
    fake.may_write = False
    result = push(fake.url)
    assert result.exit_code == 1
    assert "(403, You'll need additional permissions" in result.output


def test_what_somebody_changed_meanwhile_is_not_overwritten_unasked(fake: GrafanaFake) -> None:
    """412: run it again, or with --overwrite."""
    push(fake.url)
    fake.dashboards["clearwarn-air"]["body"]["refresh"] = "5s"
    fake.meddling = True
    result = push(fake.url)
    assert result.exit_code == 1
    assert "somebody changed it meanwhile (412" in result.output
    assert fake.dashboards["clearwarn-air"]["body"]["refresh"] == "5s"
    assert push(fake.url, "--overwrite").exit_code == 0
    assert fake.dashboards["clearwarn-air"]["body"]["refresh"] == "1m"


def test_another_dashboard_of_that_title_is_said(fake: GrafanaFake) -> None:
    """412 as well, and another way out."""
    fake.dashboards["somebody-s"] = {"body": {"title": "值班总览"}, "folder": "clearwarn", "version": 3}
    result = push(fake.url)
    assert result.exit_code == 1
    assert "another dashboard of that title (412" in result.output


def test_provisioned_dashboards_are_left_alone(fake: GrafanaFake) -> None:
    """Grafana would refuse the save: the file there is what counts."""
    push(fake.url)
    fake.dashboards["clearwarn-air"]["body"]["refresh"] = "5s"
    fake.provisioned = True
    result = push(fake.url)
    assert (result.exit_code, "provisioned from a file" in result.output) == (1, True)


def test_absent_data_source_is_said(fake: GrafanaFake) -> None:
    """Pushed all the same: it may come later."""
    fake.sources.clear()
    result = push(fake.url)
    assert result.exit_code == 0
    assert "has no data source with the uid clearwarn" in result.output


def test_nobody_there_is_said() -> None:
    """No trace of the library's."""
    result = push(f"http://127.0.0.1:{free_port()}")
    assert result.exit_code == 1
    assert "cannot be reached or is no Grafana" in result.output


def test_token_comes_from_a_file(fake: GrafanaFake, tmp_path: Path) -> None:
    """Its first line; without any there is nothing to try."""
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert push(fake.url, "--token-file", str(file), "--dry-run", token="").exit_code == 0
    assert push(fake.url, token="").exit_code == 2
