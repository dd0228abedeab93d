"""`clearwarn rules check | test`: are the rules right, and do they do what their scenarios say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import orjson

from alerts.errors import ConfigurationError, Problem
from alerts.procedures import Procedures, load_procedures
from alerts.rehearsal import Outcome, rehearse
from alerts.rules import Rule
from alerts.rules.files import load_rules
from alerts.scenarios import Scenario, load_scenarios, without_scenario

WRONG_CONFIGURATION = 2


@click.group()
def rules() -> None:
    """Rules: check the files, or play their scenarios."""


def _config_dir(context: click.Context, given: Path | None) -> Path:
    """As given, or as the composition root says, or `config`."""
    if given is not None:
        return given
    found = getattr(context.obj, "config_dir", None)
    return found if isinstance(found, Path) else Path("config")


_config = click.option(
    "--config", type=click.Path(path_type=Path, file_okay=False), help="Configuration directory (default: config)."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@rules.command()
@_config
@_json
@click.pass_context
def check(context: click.Context, config: Path | None, *, as_json: bool) -> None:
    """Check rules, procedures and scenarios; print every problem with file and line. Exit 2 where there is one."""
    directory = _config_dir(context, config)
    found, problems = _gathered(directory)
    if as_json:
        click.echo(_json_of_check(found, problems))
    else:
        for problem in problems:
            click.echo(str(problem), err=True)
        for rule in () if problems else found:
            click.echo(_line(rule))
        click.echo(f"{len(problems)} problem(s)" if problems else f"{len(found)} rules, all well", err=bool(problems))
    if problems:
        context.exit(WRONG_CONFIGURATION)


def _gathered(directory: Path) -> tuple[tuple[Rule, ...], list[Problem]]:
    """The rules, and all that is wrong with them, the procedures or the scenarios."""
    problems: list[Problem] = []
    found: tuple[Rule, ...] = ()
    try:
        found = load_rules(directory / "rules")
        scenarios = _scenarios(directory, (), found)
        spoken = [scenario for group in scenarios.values() for scenario in group]
        problems.extend(
            Problem(directory / "scenarios", 0, entry, "this rule has no scenario")
            for entry in without_scenario(found, spoken)
        )
    except ConfigurationError as error:
        problems.extend(error.problems)
    try:
        _procedures(directory)
    except ConfigurationError as error:
        problems.extend(error.problems)
    return found, problems


def _procedures(directory: Path) -> Procedures:
    return load_procedures(directory / "procedures.yaml")


def _scenarios(directory: Path, files: Sequence[Path], found: Sequence[Rule]) -> dict[Path, tuple[Scenario, ...]]:
    chosen = files or sorted((directory / "scenarios").glob("*.yaml"))
    return load_scenarios(chosen, rules={rule.id: rule for rule in found})


def _line(rule: Rule) -> str:
    levels = " ".join(level.value for level in rule.grades)
    return f"{rule.id:<32} {rule.kind:<10} per {rule.select.per:<8} {levels:<20} {rule.hash}  {rule.name.en}"


def _json_of_check(found: Sequence[Rule], problems: Sequence[Problem]) -> str:
    document = {
        "rules": [
            {
                "id": rule.id,
                "kind": rule.kind,
                "type": rule.type.value,
                "per": rule.select.per,
                "levels": [level.value for level in rule.grades],
                "hash": rule.hash,
            }
            for rule in found
        ],
        "problems": [
            {"file": str(one.file), "line": one.line, "path": one.path, "message": one.message} for one in problems
        ],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


@rules.command()
@_config
@_json
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.pass_context
def test(context: click.Context, config: Path | None, files: tuple[Path, ...], *, as_json: bool) -> None:
    """Play scenario files (default: all of the configuration's). Exit 1 where one fails, 2 where one is not right."""
    directory = _config_dir(context, config)
    try:
        found = load_rules(directory / "rules")
        scenarios = _scenarios(directory, files, found)
    except ConfigurationError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        context.exit(WRONG_CONFIGURATION)
    by_id = {rule.id: rule for rule in found}
    outcomes = [
        (file, rehearse(scenario, rules=by_id)) for file, scenarios_of in scenarios.items() for scenario in scenarios_of
    ]
    click.echo(_json_of_test(outcomes) if as_json else "\n".join(_told(file, one) for file, one in outcomes))
    if not all(outcome.passed for _, outcome in outcomes):
        context.exit(1)


def _told(file: Path, outcome: Outcome) -> str:
    """`ok`, or `FAILED` with what was expected and not seen (-) and what was seen and not expected (+)."""
    title = f"{file.name}: {outcome.scenario.name}"
    if outcome.passed:
        return f"ok      {title}"
    lines = [f"FAILED  {title}"]
    lines += [f"      - {line}" for line in outcome.expected if line not in outcome.actual]
    lines += [f"      + {line}" for line in outcome.actual if line not in outcome.expected]
    if len(lines) == 1:
        lines.append("      the same lines, in another order or number")
        lines += [f"      + {line}" for line in outcome.actual]
    return "\n".join(lines)


def _json_of_test(outcomes: Sequence[tuple[Path, Outcome]]) -> str:
    document = [
        {
            "file": str(file),
            "scenario": one.scenario.name,
            "passed": one.passed,
            "expected": one.expected,
            "actual": one.actual,
        }
        for file, one in outcomes
    ]
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
