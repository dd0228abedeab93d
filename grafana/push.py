"""Dashboards to a Grafana that is there already, through its HTTP API. Only what differs is sent; twice is harmless.

What is compared is what Grafana's own types keep of both, so that fields it adds by itself are no difference. A save
names the version that was looked at: what somebody changes meanwhile is never overwritten unasked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any, NamedTuple

import requests
from grafana_client import GrafanaApi
from grafana_client.client import GrafanaClientError, GrafanaException
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.influx_query import register
from grafana.sources import UIDS

FOLDER_UID = "clearwarn"
_TIMEOUT = 20.0  # s, each request
_MESSAGE = "clearwarn dashboards push"


class PushError(Exception):
    """It cannot go on; the message says what to do."""


class Fate(StrEnum):
    """What became, or in a dry run would become, of one thing."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    ABSENT = "absent"


class Pushed(NamedTuple):
    """A folder, a data source or a dashboard, and its fate."""

    kind: str
    uid: str
    title: str
    fate: Fate


class Pusher:
    """One Grafana. `overwrite` takes what somebody changed meanwhile as well."""

    def __init__(self, *, url: str, token: str, dry_run: bool = False, overwrite: bool = False) -> None:
        self._url = url
        self._api = GrafanaApi.from_url(url, credential=token, timeout=_TIMEOUT)
        self._dry = dry_run
        self._overwrite = overwrite
        register()

    def push(self, dashboards: Mapping[str, Mapping[str, Any]], *, folder: str) -> Iterator[Pushed]:
        """The data sources looked for, the folder made, then each dashboard by its uid. Raises `PushError`."""
        try:
            for source in UIDS:
                if self._found(self._api.datasource.get_datasource_by_uid, source) is None:
                    yield Pushed("data source", source, "InfluxDB", Fate.ABSENT)
            yield self._folder(folder)
            for uid, dashboard in dashboards.items():
                yield self._dashboard(uid, dashboard)
        except GrafanaException as error:
            raise PushError(_explained(error, self._url)) from error
        except (requests.RequestException, ValueError) as error:
            raise PushError(f"{self._url} cannot be reached or is no Grafana: {error}") from error

    def _folder(self, title: str) -> Pushed:
        there = self._found(self._api.folder.get_folder, FOLDER_UID)
        if there is None and not self._dry:
            self._api.folder.create_folder(title, FOLDER_UID)
        return Pushed("folder", FOLDER_UID, title, Fate.CREATED if there is None else Fate.UNCHANGED)

    def _dashboard(self, uid: str, dashboard: Mapping[str, Any]) -> Pushed:
        there = self._found(self._api.dashboard.get_dashboard, uid)
        fate = Fate.CREATED if there is None else Fate.UPDATED
        if there is not None and there["meta"].get("folderUid") == FOLDER_UID:
            if _kept(there["dashboard"]) == _kept(dashboard):
                return Pushed("dashboard", uid, dashboard["title"], Fate.UNCHANGED)
            if there["meta"].get("provisioned"):
                raise PushError(
                    f"{uid} is provisioned from a file of that Grafana: change the file there, or take it away"
                )
        if not self._dry:
            looked_at = {} if there is None else {"version": there["dashboard"]["version"]}
            self._api.dashboard.update_dashboard(
                {
                    "dashboard": {**dashboard, **looked_at},
                    "folderUid": FOLDER_UID,
                    "message": _MESSAGE,
                    "overwrite": self._overwrite,
                }
            )
        return Pushed("dashboard", uid, dashboard["title"], fate)

    @staticmethod
    def _found(ask: Any, uid: str) -> dict[str, Any] | None:
        """None where Grafana says there is none, or does not let us look for a data source."""
        try:
            answer: dict[str, Any] = ask(uid)
        except GrafanaClientError as error:
            if error.status_code == HTTPStatus.NOT_FOUND:
                return None
            raise
        return answer


def _kept(dashboard: Mapping[str, Any]) -> Any:
    """What Grafana's types keep of it, without what is of one Grafana alone."""
    ours = {name: value for name, value in dashboard.items() if name not in {"id", "version"}}
    return json.loads(json.dumps(Dashboard.from_json(ours), cls=JSONEncoder))


def _explained(error: GrafanaException, url: str) -> str:
    said = error.response if isinstance(error.response, dict) else {"message": str(error.response)}
    message = said.get("message", "")
    match error.status_code:
        case HTTPStatus.UNAUTHORIZED:
            return f"{url} does not know the token (401): make one for a service account with the role Editor"
        case HTTPStatus.FORBIDDEN:
            return f"{url}: the token may not do that (403, {message}): its service account needs the role Editor"
        case HTTPStatus.PRECONDITION_FAILED:
            return _mismatch(str(said.get("status", "")), message)
        case _:
            return f"{url} answers {error.status_code}: {message}"


def _mismatch(status: str, message: str) -> str:
    match status:
        case "version-mismatch":
            return f"somebody changed it meanwhile (412, {message}): run it again, or with --overwrite"
        case "name-exists":
            return f"the folder has another dashboard of that title (412, {message}): rename or delete that one"
        case _:
            return f"Grafana refuses the save (412, {message})"
