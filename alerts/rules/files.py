"""Reading `config/rules/*.yaml`: every problem of every file at once."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from alerts.documents import check, read
from alerts.errors import ConfigurationError, Problem
from alerts.rules import AnyRule, Rule


class RuleFile(BaseModel):
    """One file of rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[AnyRule, ...]


def load_rules(directory: Path) -> tuple[Rule, ...]:
    """All rules below `directory`, expanded, in order of file and place. Raises `ConfigurationError`."""
    files = sorted(directory.glob("*.yaml"))
    problems: list[Problem] = []
    if not files:
        raise ConfigurationError([Problem(directory, 0, "", "holds no rules (*.yaml)")])
    rules: dict[str, Rule] = {}
    for file in files:
        try:
            document = read(file)
            entries = check(document, RuleFile).rules
        except ConfigurationError as error:
            problems.extend(error.problems)
            continue
        for number, entry in enumerate(entries):
            for rule in entry.expanded():
                if rule.id in rules:
                    problems.append(document.problem(("rules", number, "id"), f"rule {rule.id!r} is there twice"))
                rules[rule.id] = rule
    if problems:
        raise ConfigurationError(problems)
    return tuple(rules.values())
