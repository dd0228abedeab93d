"""The newest checkpoint as one JSON file, replaced whole.

It is put into words and written piece by piece, others having their turn: of ten thousand stations it is some 200 MB
and takes seconds.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from ingest.adapters.database import sync_folder
from ingest.adapters.worker import Worker
from ingest.ports import Checkpoint, Owed

_log = logging.getLogger(__name__)
_PIECE = 256 * 1024  # bytes: a few milliseconds
_FORM = 3  # of the file; one that is not known is not read, the log is walked instead
# In the first, what is known of stations were objects by their ids, in place of lists; in both, the fleet's values
# whole readings.
_KNOWN = {1, 2, 3}


class FileCheckpoints:
    """`ports.Checkpoints` in `path`."""

    def __init__(self, *, path: Path) -> None:
        self._path = path
        self._on = Worker("checkpoint")
        self._beside: BinaryIO | None = None  # while one is written

    async def save(self, checkpoint: Checkpoint) -> None:
        """Written beside, synced, then renamed over the one before."""
        whole = {
            "form": _FORM,
            "position": checkpoint.position,
            "walk": checkpoint.walk,
            "rules": checkpoint.rules,
            "fleet": checkpoint.fleet,
            "owed": checkpoint.owed and [checkpoint.owed.until, checkpoint.owed.judged],
        }
        try:
            await self._on(self._begin)
            piece = bytearray()
            for words in _in_words(whole):
                piece += words
                if len(piece) >= _PIECE:
                    await self._on(self._go_on, piece)
                    piece = bytearray()
            await self._on(self._replace, piece)
        finally:
            await self._on(self._let_go)  # also where nobody waited for it to be opened

    async def load(self) -> Checkpoint | None:
        """The newest, if it can be read."""
        return await self._on(self._read)

    def close(self) -> None:
        """Ends the thread, and what it was at: the one before stays."""
        self._on.close()
        self._let_go()

    # On the thread.

    def _begin(self) -> None:
        self._let_go()  # of one that was broken off
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._beside = self._path.with_suffix(".new").open("wb")

    def _go_on(self, piece: bytearray) -> None:
        assert self._beside is not None, "begun"
        self._beside.write(piece)

    def _replace(self, last: bytearray) -> None:
        self._go_on(last)
        assert self._beside is not None, "begun"
        self._beside.flush()
        os.fsync(self._beside.fileno())
        self._path.with_suffix(".new").replace(self._path)
        sync_folder(self._path.parent)

    def _let_go(self) -> None:
        if self._beside is not None:
            beside, self._beside = self._beside, None
            beside.close()

    def _read(self) -> Checkpoint | None:
        try:
            state = orjson.loads(self._path.read_bytes())
            if state["form"] not in _KNOWN:
                _log.warning("%s is of another form: walking the whole log instead", self._path)
                return None
            return _checked(state)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("%s cannot be read (%s): walking the whole log instead", self._path, error)
            return None


def _in_words(value: Any) -> Iterator[bytes]:
    """JSON, bit by bit: an iterator is a list, and gone through item by item."""
    match value:
        case Mapping():
            before = b"{"
            for name, inner in value.items():
                yield before + orjson.dumps(name) + b":"
                yield from _in_words(inner)
                before = b","
            yield b"{}" if before == b"{" else b"}"
        case Iterator():
            before = b"["
            for item in value:
                yield before + orjson.dumps(item, default=tuple)  # named tuples of the rules' state
                before = b","
            yield b"[]" if before == b"[" else b"]"
        case _:
            yield orjson.dumps(value, default=tuple)


def _checked(state: Mapping[str, Any]) -> Checkpoint:
    """Raises `KeyError`, `TypeError` where the file is JSON and yet no checkpoint."""
    position, parts = state["position"], {name: state[name] for name in ("walk", "rules", "fleet")}
    if not isinstance(position, int) or not all(isinstance(part, dict) for part in parts.values()):
        msg = "its parts are not what they should be"
        raise TypeError(msg)
    owed = state.get("owed")  # files before it was there owe nothing
    until = owed and Owed(until=datetime.fromisoformat(owed[0]), judged=bool(owed[1]))
    return Checkpoint(position=position, owed=until or None, **parts)
