"""mosquitto's files into a folder: whole, as often as wanted, and never over a person's work.

Each file begins with the hash of what follows. Where that does not hold any more, somebody edited it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from ingest.broker import mosquitto
from ingest.broker.accounts import HEALTH, Account, accounts
from ingest.broker.mosquitto import ACL, CONFIGURATION, HEALTH_CHECK, PASSWORDS, Place
from ingest.broker.options import MosquittoOptions
from ingest.broker.passwords import SALT, hashed, matches
from ingest.catalog import Catalog
from ingest.errors import HandEditedError
from ingest.secret_folder import SecretFolder, write_whole

FILES, ACCOUNTS = "broker", "mqtt"  # folders in that of the secrets
_HEAD = "# Written by `clearwarn broker acl` from the catalogue and config/broker.yaml. sha256 of what follows: "


class Fate(StrEnum):
    """What became of a file, or would."""

    SAME = "same"
    MADE = "made"
    CHANGED = "changed"
    EDITED = "edited"


class Outcome(NamedTuple):
    """What `write` did, or with `look` would do."""

    files: Mapping[Path, Fate]
    accounts: int
    new_accounts: Sequence[str]  # whose password was made, or is not there yet
    left: Sequence[str]  # passwords of accounts that the catalogue no longer has

    @property
    def current(self) -> bool:
        """Whether all is as the catalogue has it."""
        return not self.new_accounts and set(self.files.values()) <= {Fate.SAME}


class BrokerFiles:
    """The files and the accounts' passwords, below one folder of secrets."""

    def __init__(self, *, folder: SecretFolder, catalog: Catalog, options: MosquittoOptions, place: Place) -> None:
        self._folder = folder
        self._catalog = catalog
        self._options = options
        self._place = place
        self._accounts = accounts(catalog, options)

    def look(self) -> Outcome:
        """What `write` would do. Raises `OSError`."""
        known = {account.name: self._folder.known(f"{ACCOUNTS}/{account.name}") for account in self._accounts}
        passwords = {name: password for name, password in known.items() if password is not None}
        return self._outcome(self._texts(passwords), [name for name in known if name not in passwords])

    def write(self, *, force: bool) -> Outcome:
        """Raises `HandEditedError` before anything is written, unless forced, and `OSError`."""
        before = self.look()
        edited = [path for path, fate in before.files.items() if fate is Fate.EDITED]
        if edited and not force:
            raise HandEditedError(edited)
        self._folder.open()
        self._folder.folder(FILES)
        self._folder.folder(ACCOUNTS)
        names = [account.name for account in self._accounts]
        passwords = {name: self._folder.password(f"{ACCOUNTS}/{name}").text for name in names}
        texts = self._texts(passwords)
        outcome = self._outcome(texts, before.new_accounts)
        for path, fate in outcome.files.items():
            if fate is not Fate.SAME:
                write_whole(path, texts[path])
        return outcome

    def _texts(self, passwords: Mapping[str, str]) -> Mapping[Path, str]:
        files = self._folder.path / FILES
        return {
            files / CONFIGURATION: _headed(mosquitto.configuration(self._catalog, self._options, self._place)),
            files / ACL: _headed(mosquitto.acl(self._accounts)),
            files / PASSWORDS: _headed(mosquitto.passwords(_hashes(passwords, files / PASSWORDS))),
            files / HEALTH_CHECK: _headed(mosquitto.health_check(self._options, passwords.get(HEALTH, ""))),
        }

    def _outcome(self, texts: Mapping[Path, str], new: Sequence[str]) -> Outcome:
        return Outcome(
            files={path: _fate(path, text) for path, text in texts.items()},
            accounts=len(self._accounts),
            new_accounts=tuple(new),
            left=self._left(self._accounts),
        )

    def _left(self, every: Sequence[Account]) -> Sequence[str]:
        names = {account.name for account in every}
        found = sorted(path.name for path in (self._folder.path / ACCOUNTS).glob("*"))
        return [name for name in found if name not in names]


def _hashes(passwords: Mapping[str, str], present: Path) -> Mapping[str, str]:
    """Those already there stay as they are: with new salt the file would differ each time."""
    kept = dict(line.split(":", 1) for line in _read(present).splitlines() if ":" in line and line[0] != "#")
    return {
        name: kept[name] if matches(password, kept.get(name, "")) else hashed(password, secrets.token_bytes(SALT))
        for name, password in passwords.items()
    }


def _headed(body: str) -> str:
    return f"{_HEAD}{hashlib.sha256(body.encode()).hexdigest()}\n{body}"


def _fate(path: Path, text: str) -> Fate:
    found = _read(path)
    if found == text:
        return Fate.SAME
    if not found:
        return Fate.MADE
    return Fate.CHANGED if found == _headed(found.partition("\n")[2]) else Fate.EDITED


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
