"""InfluxDB 2 made ready for us: buckets with their retention, and a token for each who needs one. Done again, the same.

It asks with the operator's token and answers for nothing that is written later. Blocking; for a command, not for the
service. Data is never deleted unasked: a retention is made longer, and shorter only where that is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from influxdb_client import (  # type: ignore[attr-defined]  # it re-exports without saying so
    Authorization,
    Bucket,
    BucketRetentionRules,
    InfluxDBClient,
    Permission,
    PermissionResource,
)
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from ingest.errors import StorePermanentError, StoreUnavailableError
from ingest.influx_answers import described
from ingest.secret_folder import write_whole

_UNAUTHORIZED, _NOT_FOUND, _SERVER_ERRORS = 401, 404, 500


class Act(StrEnum):
    """What became of a thing."""

    SAME = "same"
    MADE = "made"
    CHANGED = "changed"
    LEFT = "left"  # not as configured, and not ours to change unasked


class Done(NamedTuple):
    """One thing, and a remark for people."""

    what: str
    act: Act
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Grantee:
    """Who is given a token, for what, and the file it goes into."""

    name: str  # by which the token is known in InfluxDB
    actions: tuple[str, ...]  # read, write: of every bucket
    file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """One InfluxDB 2, as its operator sees it."""

    url: str
    org: str
    token: str
    ca: Path | None = None
    timeout: timedelta = timedelta(seconds=30)

    def prepare(
        self, buckets: Mapping[str, timedelta | None], grantees: Sequence[Grantee], *, shorten: bool, renew: bool
    ) -> Sequence[Done]:
        """Raises `StoreUnavailableError`, `StorePermanentError`, and `OSError` where a token cannot be written."""
        with self._client(self.token) as client:
            organisation = self._organisation(client)
            found = [self._bucket(client, organisation, name, keep, shorten=shorten) for name, keep in buckets.items()]
            ids = [bucket.id for bucket, _ in found]
            granted = [self._grant(client, organisation, one, ids, renew=renew) for one in grantees]
        return [*(done for _, done in found), *granted]

    @contextmanager
    def _client(self, token: str) -> Iterator[Any]:
        """The library's own, with its failures as ours."""
        millis = int(self.timeout.total_seconds() * 1000)
        ca = str(self.ca) if self.ca else None
        with InfluxDBClient(url=self.url, token=token, org=self.org, timeout=millis, ssl_ca_cert=ca) as client:
            try:
                yield client
            except ApiException as error:
                said = f"{self.url}: {described(error.status, str(error.body or ''))}"
                if error.status >= _SERVER_ERRORS:
                    raise StoreUnavailableError(said) from error
                remedy = "; is the operator's token right?" if error.status == _UNAUTHORIZED else ""
                raise StorePermanentError(said + remedy) from error
            except (HTTPError, OSError) as error:
                message = f"{self.url}: {error}"
                raise StoreUnavailableError(message) from error

    def _organisation(self, client: Any) -> str:
        found = _found(lambda: client.organizations_api().find_organizations(org=self.org))
        if not found:
            message = f"{self.url}: no organisation {self.org!r}; create it, or correct store.org"
            raise StorePermanentError(message)
        return str(found[0].id)

    def _bucket(
        self, client: Any, organisation: str, name: str, keep: timedelta | None, *, shorten: bool
    ) -> tuple[Any, Done]:
        api = client.buckets_api()
        wanted = 0 if keep is None else int(keep.total_seconds())
        what = f"bucket {name}, kept {_said(wanted)}"
        for bucket in _found(lambda: api.find_buckets(name=name, org_id=organisation).buckets):
            present = sum(rule.every_seconds for rule in bucket.retention_rules)
            if present == wanted:
                return bucket, Done(what, Act.SAME)
            if 0 < wanted < (present or wanted + 1) and not shorten:
                remark = f"it keeps {_said(present)}: --shorten would delete what is older than {_said(wanted)}"
                return bucket, Done(what, Act.LEFT, remark)
            bucket.retention_rules = _rules(wanted)
            return api.update_bucket(bucket), Done(what, Act.CHANGED, f"it kept {_said(present)}")
        made = api.create_bucket(Bucket(name=name, org_id=organisation, retention_rules=_rules(wanted)))
        return made, Done(what, Act.MADE)

    def _grant(self, client: Any, organisation: str, grantee: Grantee, buckets: Sequence[str], *, renew: bool) -> Done:
        """The token in the file stays where it does what is wanted; else a new one, and the old ones are void."""
        api = client.authorizations_api()
        wanted = {(action, bucket) for action in grantee.actions for bucket in buckets}
        before = [one for one in api.find_authorizations(org_id=organisation) if one.description == grantee.name]
        what = f"token of {grantee.name} in {grantee.file}"
        if not renew and any(_granted(one) == wanted for one in before) and self._works(grantee.file):
            return Done(what, Act.SAME)
        permissions = [
            Permission(action=action, resource=PermissionResource(type="buckets", id=bucket, org_id=organisation))
            for action, bucket in sorted(wanted)
        ]
        asked = Authorization(org_id=organisation, description=grantee.name, permissions=permissions)
        made = api.create_authorization(authorization=asked)
        write_whole(grantee.file, f"{made.token}\n")
        for old in before:
            api.delete_authorization(old)
        return Done(what, Act.CHANGED if before else Act.MADE, "restart who uses it" if before else "")

    def _works(self, file: Path) -> bool:
        """Whether the token in that file is known: InfluxDB need not tell what it was."""
        try:
            token = file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return False
        try:
            with self._client(token) as client:
                client.buckets_api().find_buckets(limit=1)
        except StorePermanentError:
            return False
        return bool(token)


def _rules(seconds: int) -> list[BucketRetentionRules]:
    """0 is for ever, and has to be said: a change without a rule leaves the one before."""
    return [BucketRetentionRules(type="expire", every_seconds=seconds)]


def _found(ask: Callable[[], Sequence[Any]]) -> Sequence[Any]:
    """Nothing where it is not there: asked by name, InfluxDB answers 404 or with an empty list."""
    try:
        return ask()
    except ApiException as error:
        if error.status != _NOT_FOUND:
            raise
        return ()


def _granted(authorization: Any) -> set[tuple[str, str]]:
    permissions: Iterable[Any] = authorization.permissions or ()
    return {(one.action, one.resource.id) for one in permissions if one.resource.type == "buckets"}


def _said(seconds: int) -> str:
    return "for ever" if not seconds else f"{seconds / 86400:g} d"
