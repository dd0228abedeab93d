"""Dockerfile: pinned, from the lock, not as root, nothing of a person's in it."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.district import ROOT
from tests.support.stack import services

TEXT = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
STEPS = [line.split(maxsplit=1) for line in TEXT.splitlines() if line and not line.startswith("#")]


def said(instruction: str) -> list[str]:
    """Every use of it."""
    return [rest for name, rest in STEPS if name == instruction]


def test_stages_are_pinned_and_the_last_does_not_build() -> None:
    """Two stages; what builds stays behind."""
    assert said("FROM") == ["python:3.11-slim-bookworm AS build", "python:3.11-slim-bookworm"]
    last = STEPS[[name for name, _ in STEPS].index("FROM", 1) :]
    assert not [rest for name, rest in last if name == "RUN" and ("pip" in rest or "apt" in rest)]


def test_everything_is_installed_from_the_lock_with_hashes() -> None:
    """The project itself without looking for anything else."""
    lock, own = [rest for rest in said("RUN") if "pip install" in rest]
    assert "--require-hashes -r requirements.lock" in lock
    assert "--no-build-isolation" in own
    assert all("--no-cache-dir" in step and "--no-deps" in step for step in (lock, own))


def test_image_runs_as_a_user_that_is_not_root() -> None:
    """By number, so that it can be seen to be none; the compose file says the same."""
    assert said("USER") == [services()["clearwarn"]["user"]]
    assert not set(said("ADD")) | set(said("ARG"))
    assert not re.search(r"(?i)password|secret|token", " ".join(said("ENV")))


def test_health_check_is_that_of_the_compose_file() -> None:
    """The image is as well without it."""
    (check,) = said("HEALTHCHECK")
    command = json.loads(check.partition("CMD ")[2])
    assert ["CMD", *command] == services()["clearwarn"]["healthcheck"]["test"]


@pytest.mark.parametrize("source", [rest.split()[0] for rest in said("COPY") if "--from" not in rest])
def test_what_is_copied_is_there_and_is_sent_to_docker(source: str) -> None:
    """`.dockerignore` keeps everything out that it does not name."""
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    for name in (source, *(word for rest in said("COPY") for word in rest.split()[:-1] if word == "README.md")):
        assert (ROOT / name).exists()
        assert f"!{name.removeprefix('./')}" in ignored


def test_packages_of_the_wheel_are_copied() -> None:
    """A package that is forgotten would be missed when it is first imported."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    packages = json.loads(re.findall(r"^packages = (\[.+\])$", project, re.MULTILINE)[0])
    assert set(packages) | {"config"} <= {rest.split()[0] for rest in said("COPY")}
