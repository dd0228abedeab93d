"""Settings of `config/procedures.yaml`: what follows when a rule raises a warning of a type."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from alerts.documents import check, read
from alerts.model import WarningType


class Procedure(StrEnum):
    """`automatic` warns at once; `signed` proposes, and a person issues and lifts."""

    AUTOMATIC = "automatic"
    SIGNED = "signed"


class Procedures(BaseModel):
    """The procedure of each warning type: all of them must be said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    procedures: Mapping[WarningType, Procedure]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [kind.value for kind in WarningType if kind not in self.procedures]
        if missing:
            raise ValueError(f"no procedure for {', '.join(missing)}")
        return self

    def of(self, kind: WarningType) -> Procedure:
        return self.procedures[kind]


def load_procedures(file: Path) -> Procedures:
    """Reads the file. Raises `ConfigurationError` with every problem."""
    return check(read(file), Procedures)
