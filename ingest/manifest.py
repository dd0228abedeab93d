"""What a backup says of itself: which files, with their hashes, and how far each had come. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

FILE = "manifest.json"
CHECKPOINT, INTAKE = "checkpoint.json", "intake"

Position = Annotated[int, Field(ge=0)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Copied(_Entry):
    """One file; `path` is below the folder and names nothing else of the machine."""

    path: str = Field(pattern=r"^(checkpoint\.json|[A-Za-z0-9][\w-]*\.db|intake/[0-9]{1,19}\.db)$")
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Positions(_Entry):
    """In the intake log. What depends on the log was copied before it: none of them is beyond `last`."""

    checkpoint: Position | None
    received: Position
    stored: Position
    first: Position
    last: Position

    def gap(self) -> str:
        """What a start would lack; empty where the log has all that checkpoint and books count on."""
        reached = [self.received, self.stored, *([] if self.checkpoint is None else [self.checkpoint])]
        if max(reached) > self.last:
            return f"books or checkpoint know of {max(reached)}, the log ends at {self.last}"
        if min(reached) + 1 < self.first:
            return f"the log begins at {self.first}, books or checkpoint have only come to {min(reached)}"
        return ""


class Manifest(_Entry):
    """The whole backup."""

    form: Literal[1] = 1
    version: str  # of the program that took it
    began: datetime
    ended: datetime
    positions: Positions
    files: tuple[Copied, ...]
