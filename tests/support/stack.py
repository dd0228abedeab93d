"""The compose file as tests see it, and where on this machine a container's path comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from tests.support.district import ROOT

FILE = ROOT / "docker-compose.yml"
STACK_SETTINGS = ROOT / "config" / "stack" / "service.yaml"


def compose() -> dict[str, Any]:
    """With its anchors resolved."""
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def mounts(service: Mapping[str, Any]) -> Iterator[tuple[str, PurePosixPath, bool]]:
    """Source, target, whether it may be written."""
    for volume in service.get("volumes", ()):
        source, target, *how = volume.split(":")
        yield source, PurePosixPath(target), "ro" not in how
    for secret in service.get("secrets", ()):
        yield compose()["secrets"][secret]["file"], PurePosixPath("/run/secrets", secret), False


def outside(service: str, path: str, *, secrets: Path, volumes: Path) -> Path:
    """Where what a container sees at `path` is: in the repository, in a folder for `secrets/`, in one for volumes.

    Raises `LookupError` where nothing is mounted there.
    """
    inside = PurePosixPath(path)
    found = [one for one in mounts(services()[service]) if inside.is_relative_to(one[1])]
    if not found:
        raise LookupError(f"{service} has nothing mounted at {path}")
    source, target, _ = max(found, key=lambda one: len(one[1].parts))
    rest = inside.relative_to(target)
    if not source.startswith("./"):
        return volumes / source / rest
    at = PurePosixPath(source)
    return (secrets / at.relative_to("secrets") if at.parts[0] == "secrets" else ROOT / at) / rest
