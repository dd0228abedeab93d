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
    named: list[tuple[str, Problem]] = []
    for file in files:
        try:
            document = read(file)
            entries = check(document, RuleFile).rules
        except ConfigurationError as error:
            problems.extend(error.problems)
            continue
        for number, entry in enumerate(entries):
            named += [
                (name, document.problem(("rules", number, key), f"no rule {name!r}")) for key, name in entry.names
            ]
            for rule in entry.expanded():
                if rule.id in rules:
                    problems.append(document.problem(("rules", number, "id"), f"rule {rule.id!r} is there twice"))
                rules[rule.id] = rule
    known = {*rules, *(rule.entry for rule in rules.values())}
    problems.extend(problem for name, problem in named if name not in known)
    if problems:
        raise ConfigurationError(problems)
    return tuple(rules.values())
