"""Water classes once more, as a person reads the table: decimals, a loop over the file's own rows, no shared code."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml


class ReferenceStandard:
    """A file of `config/standards`, read anew."""

    def __init__(self, file: Path) -> None:
        self.table: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        self.names = [*self.table["classes"], self.table["worse_than_V"]]

    def class_of(self, row: Mapping[str, Any], value: str, *, lake: bool) -> str | None:
        """Of the value as written; None where only a class without a number could take it."""
        limits: list[Any] = (lake and row.get("classes_lake_reservoir")) or row["classes"]
        measured = Decimal(value)
        for name, limit in zip(self.names, limits, strict=False):
            if limit is None:
                continue
            if row["direction"] == "range":
                good = Decimal(str(limit[0])) <= measured <= Decimal(str(limit[1]))
            elif row["direction"] == "le":
                good = measured <= Decimal(str(limit))
            elif row["direction"] == "ge":
                good = measured >= Decimal(str(limit))
            else:
                good = measured > Decimal(str(limit))
            if good:
                return str(name)
        return None if None in limits else str(self.names[-1])

    def section(self, values: Mapping[str, str], *, lake: bool) -> tuple[str | None, list[str]]:
        """The worst class of those that count, and the items that make it."""
        found: dict[str, str] = {}
        for row in self.table["table1"]:
            only_lakes = row.get("applies_to") == "lake_reservoir_only"
            left_out = row["key"] in self.table["evaluation"]["excluded"]
            if row["classes"] and row["key"] in values and not left_out and (lake or not only_lakes):
                name = self.class_of(row, values[row["key"]], lake=lake)
                if name is not None:
                    found[row["key"]] = name
        if not found:
            return None, []
        worst = max(found.values(), key=self.names.index)
        return worst, [key for key, name in found.items() if name == worst and worst != self.names[0]]

    def keeps(self, values: Mapping[str, str], wanted: str, *, lake: bool) -> bool | None:
        """Whether the sample keeps the class, supplementary limits of sources included."""
        worst, _ = self.section(values, lake=lake)
        if worst is None:
            return None
        extra = all(
            Decimal(values[row["key"]]) <= Decimal(str(row["limit"]))
            for row in self.table["table2_drinking_source_supplementary"]
            if row["key"] in values
        )
        return extra and self.names.index(worst) <= self.names.index(wanted)
