"""The questions put to InfluxDB, one after the other."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx

from grafana.preview.frames import Answer
from grafana.sources import measurement
from ingest.adapters.influx_address import InfluxAddress


class AskError(Exception):
    """InfluxDB cannot be asked, or does not understand; the message says which."""


class Asker:
    """One connection. Open it with `with`."""

    def __init__(self, address: InfluxAddress) -> None:
        self._address = address
        token = {"Authorization": f"Token {address.token}"} if address.token else {}
        verify: Any = str(address.ca) if address.ca else True
        self._client = httpx.Client(
            base_url=address.url, headers=token, timeout=address.timeout.total_seconds(), verify=verify, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def __call__(self, question: str) -> Answer:
        """Its series, times in milliseconds. Raises `AskError`."""
        database, _, policy = self._address.of(measurement(question)).partition("/")
        given = {"db": database, "q": question, "epoch": "ms", **({"rp": policy} if policy else {})}
        try:
            answer = self._client.post("/query", data=given)
            said = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise AskError(f"{self._address.url} cannot be asked: {error}") from error
        problem = said.get("error") or next((one["error"] for one in said.get("results", ()) if "error" in one), None)
        if answer.is_error or problem:
            raise AskError(f"{self._address.url} answers {answer.status_code}: {problem or said}")
        found: Answer = said["results"][0].get("series", ())
        return found
