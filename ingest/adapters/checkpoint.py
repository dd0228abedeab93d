"""The newest checkpoint as one JSON file, replaced whole."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from ingest.adapters.database import sync_folder
from ingest.adapters.worker import Worker
from ingest.ports import Checkpoint, Owed

_log = logging.getLogger(__name__)
_FORM = 1  # of the file; another form is not read, the log is walked instead


class FileCheckpoints:
    """`ports.Checkpoints` in `path`."""

    def __init__(self, *, path: Path) -> None:
        self._path = path
        self._on = Worker("checkpoint")

    async def save(self, checkpoint: Checkpoint) -> None:
        """Written beside, synced, then renamed over the one before."""
        data = orjson.dumps(
            {
                "form": _FORM,
                "position": checkpoint.position,
                "walk": checkpoint.walk,
                "rules": checkpoint.rules,
                "fleet": checkpoint.fleet,
                "owed": checkpoint.owed and [checkpoint.owed.until, checkpoint.owed.judged],
            },
            default=tuple,  # named tuples of the rules' state
        )
        await self._on(self._replace, data)

    async def load(self) -> Checkpoint | None:
        """The newest, if it can be read."""
        return await self._on(self._read)

    def close(self) -> None:
        """Ends the thread."""
        self._on.close()

    def _replace(self, data: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        sync_folder(self._path.parent)

    def _read(self) -> Checkpoint | None:
        try:
            state = orjson.loads(self._path.read_bytes())
            if state["form"] != _FORM:
                _log.warning("%s is of another form: walking the whole log instead", self._path)
                return None
            return _checked(state)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("%s cannot be read (%s): walking the whole log instead", self._path, error)
            return None


def _checked(state: Mapping[str, Any]) -> Checkpoint:
    """Raises `KeyError`, `TypeError` where the file is JSON and yet no checkpoint."""
    position, parts = state["position"], {name: state[name] for name in ("walk", "rules", "fleet")}
    if not isinstance(position, int) or not all(isinstance(part, dict) for part in parts.values()):
        msg = "its parts are not what they should be"
        raise TypeError(msg)
    owed = state.get("owed")  # files before it was there owe nothing
    until = owed and Owed(until=datetime.fromisoformat(owed[0]), judged=bool(owed[1]))
    return Checkpoint(position=position, owed=until or None, **parts)
