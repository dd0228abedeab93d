"""Every text is there, in both languages."""

import re
import string
from pathlib import Path

import pytest

from alerts.console import texts
from alerts.console.views.board import Calm, Need
from alerts.console.views.dossier import Step
from alerts.model import ActKind, Level, Quality, WarningState, WarningType

TEMPLATES = Path(texts.__file__).with_name("templates")


@pytest.mark.parametrize(
    ("subject", "members"),
    [
        ("level", Level),
        ("state", WarningState),
        ("type", WarningType),
        ("act", ActKind),
        ("need", Need),
        ("step", Step),
        ("flag", [flag.value for flag in Quality]),
        ("duty", [Calm.QUIET, Calm.UNPROVEN, Calm.NOTHING]),
    ],
)
def test_text_exists_for_every_member(subject: str, members: list[object]) -> None:
    """A new member of an enum cannot reach a page without a name."""
    assert [member for member in members if f"{subject}.{member}" not in texts.TEXTS] == []


def test_texts_fill_the_same_blanks_in_both_languages() -> None:
    """Neither language loses a number the other tells."""

    def blanks(said: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(said) if name}

    assert {key for key, (zh, en) in texts.TEXTS.items() if not zh or not en or blanks(zh) != blanks(en)} == set()


def test_texts_named_by_templates_exist() -> None:
    """No page dies of a missing text."""
    named = {
        key
        for template in TEMPLATES.glob("*.html")
        for key in re.findall(r't\("([a-z0-9_.]+)"(?! ~)', template.read_text(encoding="utf-8"))
    }
    assert {key for key in named if not key.endswith(".")} - set(texts.TEXTS) == set()
