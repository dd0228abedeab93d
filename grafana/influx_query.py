"""Grafana's InfluxQL data query as a typed model: the SDK knows Prometheus, Loki and others, and not this one.

Field names are those of Grafana's InfluxDB data source (`InfluxQuery` in its plugin). Only what we use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.cog.runtime import DataqueryConfig, register_dataquery_variant
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef

from grafana.sources import UID, uid_of

TYPE = "influxdb"
SOURCE = DataSourceRef(type_val=TYPE, uid=UID)

Format = Literal["time_series", "table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxQuery(Dataquery):
    """One statement. `text_column` and `tags_column` make it an annotation's."""

    query: str
    ref_id: str = "A"
    result_format: Format = "time_series"
    alias: str | None = None
    text_column: str | None = None
    tags_column: str | None = None

    def to_json(self) -> dict[str, object]:
        """As Grafana stores it."""
        annotation = {"textColumn": self.text_column, "tagsColumn": self.tags_column}
        given = {name: value for name, value in {"alias": self.alias, **annotation}.items() if value is not None}
        return {
            "datasource": DataSourceRef(type_val=TYPE, uid=uid_of(self.query)),
            "query": self.query,
            "rawQuery": True,
            "refId": self.ref_id,
            "resultFormat": self.result_format,
            **({"fromAnnotations": True} if self.text_column is not None else {}),
            **given,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """From what `to_json` gave."""
        return cls(
            query=data["query"],
            ref_id=data["refId"],
            result_format=data["resultFormat"],
            alias=data.get("alias"),
            text_column=data.get("textColumn"),
            tags_column=data.get("tagsColumn"),
        )


class Asking(Builder[Dataquery]):
    """A query as the SDK's builders want it."""

    def __init__(self, query: InfluxQuery) -> None:
        self._query = query

    def build(self) -> InfluxQuery:
        """It."""
        return self._query


def register() -> None:
    """Makes the SDK read our queries and every panel type back as what they are. Twice is harmless."""
    register_default_plugins()
    register_dataquery_variant(DataqueryConfig(identifier=TYPE, from_json_hook=InfluxQuery.from_json))
