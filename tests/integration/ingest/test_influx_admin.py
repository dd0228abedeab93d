"""InfluxDB 2 made ready: buckets, retention, tokens; twice is the same, and no data is deleted unasked."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from ingest.adapters.influx_admin import Act, Administration, Done, Grantee
from ingest.errors import StorePermanentError, StoreUnavailableError
from tests.support.influx_two import OPERATOR, InfluxTwo, influx_two
from tests.support.mosquitto import Broker, free_port
from tests.support.service import a_configuration, clearwarn

DAY = 86_400
BUCKETS = {"clearwarn": timedelta(days=90), "clearwarn-index": None}


@pytest.fixture
def server() -> Iterator[InfluxTwo]:
    with influx_two() as running:
        yield running


def prepare(
    server: InfluxTwo,
    folder: Path,
    buckets: dict[str, timedelta | None] | None = None,
    *,
    token: str = OPERATOR,
    org: str = "bureau",
    shorten: bool = False,
    renew: bool = False,
) -> Sequence[Done]:
    grantees = (
        Grantee("clearwarn service", ("read", "write"), folder / "service"),
        Grantee("clearwarn grafana", ("read",), folder / "grafana"),
    )
    administration = Administration(url=server.url, org=org, token=token, timeout=timedelta(seconds=5))
    return administration.prepare(buckets or BUCKETS, grantees, shorten=shorten, renew=renew)


def tokens(folder: Path) -> tuple[str, str]:
    service, grafana = ((folder / name).read_text(encoding="utf-8").strip() for name in ("service", "grafana"))
    return service, grafana


def test_prepare_makes_buckets_and_scoped_tokens(server: InfluxTwo, tmp_path: Path) -> None:
    """The service reads and writes, Grafana reads; neither may more."""
    done = prepare(server, tmp_path)
    service, grafana = tokens(tmp_path)
    assert [one.act for one in done] == [Act.MADE] * 4
    assert server.keeps() == {"clearwarn": 90 * DAY, "clearwarn-index": 0}
    assert server.rights(service) == {(act, name) for act in ("read", "write") for name in BUCKETS}
    assert server.rights(grafana) == {("read", name) for name in BUCKETS}
    assert stat.S_IMODE((tmp_path / "grafana").stat().st_mode) == 0o644


@pytest.mark.parametrize("keeps", ["tokens", "hashes"])
def test_prepare_again_changes_nothing(server: InfluxTwo, tmp_path: Path, keeps: str) -> None:
    """Also where InfluxDB keeps hashes, and cannot say which token was which."""
    prepare(server, tmp_path)
    server.tells_tokens = keeps == "tokens"
    before, changes = tokens(tmp_path), server.changes
    assert {one.act for one in prepare(server, tmp_path)} == {Act.SAME}
    assert (tokens(tmp_path), server.changes) == (before, changes)


def test_bucket_more_gives_tokens_that_reach_it(server: InfluxTwo, tmp_path: Path) -> None:
    """The old tokens are void: they would be rights nobody looks after."""
    prepare(server, tmp_path)
    before = tokens(tmp_path)
    done = prepare(server, tmp_path, {**BUCKETS, "clearwarn-warning": None})
    assert [one.act for one in done] == [Act.SAME, Act.SAME, Act.MADE, Act.CHANGED, Act.CHANGED]
    assert ("write", "clearwarn-warning") in server.rights(tokens(tmp_path)[0])
    assert not {one["token"] for one in server.authorizations.values()} & set(before)


@pytest.mark.parametrize("lost", ["file", "token"])
def test_token_that_was_lost_is_made_anew(server: InfluxTwo, tmp_path: Path, lost: str) -> None:
    """Its file, or what InfluxDB knew of it."""
    prepare(server, tmp_path)
    if lost == "file":
        (tmp_path / "service").unlink()
    else:
        (tmp_path / "service").write_text("of another installation\n", encoding="utf-8")
    prepare(server, tmp_path)
    assert ("write", "clearwarn") in server.rights(tokens(tmp_path)[0])
    assert len(server.authorizations) == 2


def test_renewed_tokens_replace_those_before(server: InfluxTwo, tmp_path: Path) -> None:
    """As after a leak."""
    prepare(server, tmp_path)
    before = tokens(tmp_path)
    prepare(server, tmp_path, renew=True)
    assert not set(tokens(tmp_path)) & set(before)
    assert {one["token"] for one in server.authorizations.values()} == set(tokens(tmp_path))


@pytest.mark.parametrize(("before", "wanted"), [(90, 400), (90, None), (30, 31)])
def test_retention_is_made_longer(server: InfluxTwo, tmp_path: Path, before: int, wanted: int | None) -> None:
    """In days; None is for ever."""
    prepare(server, tmp_path, {"clearwarn": timedelta(days=before)})
    done = prepare(server, tmp_path, {"clearwarn": None if wanted is None else timedelta(days=wanted)})
    assert (done[0].act, server.keeps()) == (Act.CHANGED, {"clearwarn": (wanted or 0) * DAY})


@pytest.mark.parametrize(("before", "wanted"), [(90, 30), (None, 30)])
def test_retention_is_made_shorter_only_when_told(
    server: InfluxTwo, tmp_path: Path, before: int | None, wanted: int
) -> None:
    """InfluxDB deletes what is older, at once."""
    shorter: dict[str, timedelta | None] = {"clearwarn": timedelta(days=wanted)}
    prepare(server, tmp_path, {"clearwarn": None if before is None else timedelta(days=before)})
    left = prepare(server, tmp_path, shorter)[0]
    assert (left.act, server.keeps()) == (Act.LEFT, {"clearwarn": (before or 0) * DAY})
    assert "--shorten" in left.remark
    assert prepare(server, tmp_path, shorter, shorten=True)[0].act is Act.CHANGED
    assert server.keeps() == {"clearwarn": wanted * DAY}


def test_prepare_says_what_is_wrong(server: InfluxTwo, tmp_path: Path) -> None:
    """Wrong token, no such organisation, not there, not now: nothing was written."""
    with pytest.raises(StorePermanentError, match="is the operator's token right"):
        prepare(server, tmp_path, token="wrong")
    with pytest.raises(StorePermanentError, match="no organisation 'elsewhere'"):
        prepare(server, tmp_path, org="elsewhere")
    server.broken = True
    with pytest.raises(StoreUnavailableError, match="503"):
        prepare(server, tmp_path)
    server.url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(StoreUnavailableError, match=server.url):
        prepare(server, tmp_path)
    assert [*tmp_path.iterdir()] == []


def test_command_prepares_what_the_stack_settings_name(server: InfluxTwo, tmp_path: Path) -> None:
    """As the compose file calls it; no token is printed."""
    config = a_configuration(tmp_path / "config", Broker("127.0.0.1", 1883, 0))
    settings = yaml.safe_load((config / "stack" / "service.yaml").read_text(encoding="utf-8"))
    settings["store"]["url"] = server.url
    (config / "service.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    (tmp_path / "operator").write_text(OPERATOR, encoding="utf-8")
    files = [f"--{name}-token={tmp_path / name}" for name in ("service", "grafana")]
    command = ("store", "prepare", f"--admin-token-file={tmp_path / 'operator'}", *files)
    done = clearwarn(*command, "--json", config=config)
    assert done.returncode == 0, done.stderr
    assert [one["act"] for one in json.loads(done.stdout)] == ["made"] * 5
    assert set(server.keeps()) == {"clearwarn", "clearwarn-index", "clearwarn-warning"}
    assert server.keeps()["clearwarn"] > 0
    again = clearwarn(*command, config=config)
    assert (again.returncode, again.stdout.count("same ")) == (0, 5)
    assert not [token for token in (OPERATOR, *tokens(tmp_path)) if token in done.stdout + again.stdout]


def test_command_has_nothing_to_prepare_for_an_embedded_store(tmp_path: Path) -> None:
    """It says so, and fails: the compose file would go on without a token."""
    config = a_configuration(tmp_path / "config", Broker("127.0.0.1", 1883, 0))
    (tmp_path / "operator").write_text(OPERATOR, encoding="utf-8")
    files = [f"--{name}-token={tmp_path / name}" for name in ("service", "grafana")]
    done = clearwarn("store", "prepare", f"--admin-token-file={tmp_path / 'operator'}", *files, config=config)
    assert (done.returncode, "nothing to prepare" in done.stderr) == (1, True)
