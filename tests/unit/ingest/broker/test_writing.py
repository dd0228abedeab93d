"""Writing the broker's files again and again: the same twice, nothing of a person's lost, closed to others."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.broker.accounts import SERVICE
from ingest.broker.mosquitto import CONTAINER
from ingest.broker.options import MosquittoOptions
from ingest.broker.passwords import hashed, matches
from ingest.broker.writing import BrokerFiles, Fate, Outcome
from ingest.catalog import Catalog
from ingest.errors import HandEditedError
from ingest.secret_folder import SecretFolder
from tests.support.ingest import a_catalog, a_station


def files(folder: Path, catalog: Catalog | None = None) -> BrokerFiles:
    return BrokerFiles(
        folder=SecretFolder(folder), catalog=catalog or a_catalog(), options=MosquittoOptions(), place=CONTAINER
    )


def fates(outcome: Outcome) -> dict[str, Fate]:
    return {path.name: fate for path, fate in outcome.files.items()}


def content(folder: Path) -> dict[str, str]:
    """Every file below it."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in found}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.binary(min_size=12, max_size=12))
def test_password_matches_its_own_hash_alone(password: str, salt: bytes) -> None:
    """And nothing that is no hash at all."""
    kept = hashed(password, salt)
    assert matches(password, kept)
    assert not matches(password + "x", kept)
    assert not matches(password, kept[:-4])


@pytest.mark.parametrize("kept", ["", "plain", "$6$c2FsdA==$aGFzaA==", "$7$x$c2FsdA==$aGFzaA==", "$7$101$!$aGFzaA=="])
def test_password_matches_nothing_that_is_no_such_hash(kept: str) -> None:
    """Another's form, or a damaged one: it is hashed anew."""
    assert not matches("password", kept)


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    """Hashes keep their salt, accounts their passwords."""
    first = files(tmp_path / "s").write(force=False)
    before = content(tmp_path / "s")
    again = files(tmp_path / "s").write(force=False)
    assert set(fates(first).values()) == {Fate.MADE}
    assert (set(fates(again).values()), again.new_accounts, again.current) == ({Fate.SAME}, (), True)
    assert content(tmp_path / "s") == before


def test_passwords_are_all_different_and_in_no_generated_file(tmp_path: Path) -> None:
    """But for the health check's, which has to know its own."""
    files(tmp_path / "s").write(force=False)
    found = content(tmp_path / "s")
    secrets = {name: text.strip() for name, text in found.items() if name.startswith("mqtt/")}
    assert len(set(secrets.values())) == len(secrets) == 6
    assert min(map(len, secrets.values())) >= 40
    for name in ("broker/mosquitto.conf", "broker/acl", "broker/passwords"):
        assert [secret for secret in secrets.values() if secret in found[name]] == []


def test_folder_is_closed_to_others_whatever_it_was(tmp_path: Path) -> None:
    """What containers read lies readable within it."""
    (tmp_path / "s").mkdir(mode=0o755)
    files(tmp_path / "s").write(force=False)
    assert mode(tmp_path / "s") == 0o700
    assert mode(tmp_path / "s" / "mqtt" / SERVICE) == 0o644
    assert not [*(tmp_path / "s").rglob("*.new")]


def test_a_station_more_gets_a_password_and_one_less_keeps_its_own(tmp_path: Path) -> None:
    """The removed one is out of ACL and password file; that its password is left is said."""
    files(tmp_path / "s").write(force=False)
    before = content(tmp_path / "s")
    outcome = files(tmp_path / "s", a_catalog(a_station(), a_station(id="air-2"))).write(force=False)
    now = content(tmp_path / "s")
    assert (outcome.new_accounts, outcome.left) == (("air-2",), ["air-local", "outfall-1"])
    assert fates(outcome)["passwords"] == fates(outcome)["acl"] == Fate.CHANGED
    assert "outfall-1" not in now["broker/acl"] + now["broker/passwords"]
    kept = [line for line in before["broker/passwords"].splitlines() if line.startswith("air-1:")]
    assert [line for line in now["broker/passwords"].splitlines() if line.startswith("air-1:")] == kept


def test_looking_writes_nothing(tmp_path: Path) -> None:
    """And says what there would be to do."""
    outcome = files(tmp_path / "s").look()
    assert not outcome.current
    assert len(outcome.new_accounts) == outcome.accounts == 6
    assert not (tmp_path / "s").exists()


def test_file_that_a_person_edited_is_not_overwritten(tmp_path: Path) -> None:
    """Before anything else is written; with force it is."""
    files(tmp_path / "s").write(force=False)
    edited = tmp_path / "s" / "broker" / "mosquitto.conf"
    edited.write_text(edited.read_text(encoding="utf-8") + "bridge_attempt_unsubscribe false\n", encoding="utf-8")
    before = content(tmp_path / "s")
    more = files(tmp_path / "s", a_catalog(a_station(id="air-9")))
    with pytest.raises(HandEditedError, match=r"mosquitto\.conf"):
        more.write(force=False)
    assert content(tmp_path / "s") == before
    assert fates(more.write(force=True))["mosquitto.conf"] == Fate.EDITED
    assert "bridge" not in edited.read_text(encoding="utf-8")


def test_file_of_another_hand_is_not_overwritten(tmp_path: Path) -> None:
    """Somebody's own acl lies there already."""
    (tmp_path / "s" / "broker").mkdir(parents=True)
    (tmp_path / "s" / "broker" / "acl").write_text("user me\n", encoding="utf-8")
    with pytest.raises(HandEditedError):
        files(tmp_path / "s").write(force=False)


def test_password_that_was_set_by_hand_is_taken(tmp_path: Path) -> None:
    """A device that has its own already; an empty file is refused rather than hashed."""
    files(tmp_path / "s").write(force=False)
    own = tmp_path / "s" / "mqtt" / "air-1"
    own.write_text("of the device\n", encoding="utf-8")
    outcome = files(tmp_path / "s").write(force=False)
    assert fates(outcome)["passwords"] == Fate.CHANGED
    line = next(line for line in content(tmp_path / "s")["broker/passwords"].splitlines() if line.startswith("air-1:"))
    assert matches("of the device", line.partition(":")[2])
    own.write_text("\n", encoding="utf-8")
    with pytest.raises(OSError, match="holds no password"):
        files(tmp_path / "s").write(force=False)
