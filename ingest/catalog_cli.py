"""`clearwarn catalog export | import`: files of outfalls and water sources as tables for a spreadsheet, and back."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import click
from pydantic import BaseModel

from alerts.errors import ConfigurationError, Problem
from ingest.catalog import Catalog, Outfall, WaterSource
from ingest.catalog.section import replaced
from ingest.catalog.table import Table, TableError
from ingest.commands import Root
from ingest.settings import load_catalog

What = Literal["outfalls", "sources"]
_SECTIONS = {"outfalls": "outfalls", "sources": "water_sources"}
_TABLES: dict[str, Table[Any]] = {"outfalls": Table(Outfall), "sources": Table(WaterSource)}
_BOM = "utf-8-sig"  # without the mark a Chinese spreadsheet takes the file for GBK

_what = click.argument("what", type=click.Choice(["outfalls", "sources"]))


@click.group()
def catalog() -> None:
    """Files of outfalls and water sources. 排污口与水源地档案。"""


@catalog.command("export")
@_what
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.pass_obj
def export(root: Root, what: What, file: Path) -> None:
    """Writes all OUTFALLS or SOURCES to a CSV file (`-`: standard output). 导出为表格。

    UTF-8 with a byte order mark, as spreadsheets want it. `import` of what was exported changes nothing.
    """
    entries = getattr(load_catalog(root.config_dir), _SECTIONS[what])
    body = _TABLES[what].write(entries).encode(_BOM)
    if str(file) == "-":
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()
    else:
        _write(file, body)
        click.echo(f"{file}: {len(entries)} {what}")


@catalog.command("import")
@_what
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--into", type=click.Path(dir_okay=False, path_type=Path), help="The YAML file; default: the one of now.")
@click.option("--remove", is_flag=True, help="Entries that the table lacks are removed; without it that is refused.")
@click.option("--dry-run", is_flag=True, help="Says what would change and writes nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def import_(
    root: Root, what: What, file: Path, *, into: Path | None, remove: bool, dry_run: bool, as_json: bool
) -> None:
    """Takes OUTFALLS or SOURCES from a CSV file into config/stations, whole or not at all. 从表格导入。

    Every problem is named with its line and column. The rest of the YAML file stays as it is; comments within the
    section are lost. A running service takes it with `clearwarn reload`.
    """
    present = load_catalog(root.config_dir)
    entries = _read(file, what)
    section = _SECTIONS[what]
    _check(present, section, entries, file)
    before = {one.code: one for one in getattr(present, section)}
    after = {one.code: one for one in entries}
    changes = {
        "added": [code for code in after if code not in before],
        "changed": [code for code in after if code in before and after[code] != before[code]],
        "removed": [code for code in before if code not in after],
    }
    if changes["removed"] and not remove:
        raise click.ClickException(
            f"{file} lacks {', '.join(changes['removed'])}: add them, or say --remove 表格中缺少上述条目"
        )
    target = into or _target(root.config_dir / "stations", what, section)
    if not dry_run:
        old = target.read_text(encoding="utf-8") if target.exists() else ""
        _write(target, replaced(old, section, entries).encode())
    if as_json:
        click.echo(json.dumps({"file": str(target), "written": not dry_run, **changes}, ensure_ascii=False))
    else:
        counts = ", ".join(f"{len(codes)} {how}" for how, codes in changes.items())
        click.echo(f"{target}: {counts}{' (nothing written 未写入)' if dry_run else ''}")


def _read(file: Path, what: What) -> Sequence[Any]:
    try:
        entries = _TABLES[what].read(file.read_bytes().decode(_BOM))
    except UnicodeDecodeError as error:
        problem = Problem(file, 0, "", f"is not UTF-8 at byte {error.start}; save it as “CSV UTF-8” 请另存为 CSV UTF-8")
        raise ConfigurationError([problem]) from error
    except TableError as error:
        raise ConfigurationError(Problem(file, one.line, one.column, one.message) for one in error.wrongs) from error
    return entries


def _check(present: Catalog, section: str, entries: Sequence[BaseModel], file: Path) -> None:
    """Whether they fit the stations and parameters there are. Raises `ConfigurationError`."""
    given = {"parameters": present.parameters, "areas": present.areas, "stations": present.stations}
    others = {"outfalls": present.outfalls, "water_sources": present.water_sources}
    problems = Catalog(**{**given, **others, section: tuple(entries)}).problems()
    if problems:
        raise ConfigurationError(
            Problem(file, 0, f"{getattr(entries[int(place[1])], 'code')}: {'.'.join(map(str, place[2:]))}", message)  # noqa: B009
            for place, message in problems
        )


def _target(folder: Path, what: What, section: str) -> Path:
    """The file that has the section, or the one it belongs into."""
    having = [path for path in sorted(folder.glob("*.yaml")) if _has(path, section)]
    if len(having) > 1:
        names = ", ".join(path.name for path in having)
        raise click.ClickException(f"{names} have {section}: name one with --into, after joining them by hand")
    return having[0] if having else folder / f"{what}.yaml"


def _has(path: Path, section: str) -> bool:
    return any(line.startswith(f"{section}:") for line in path.read_text(encoding="utf-8").splitlines())


def _write(file: Path, body: bytes) -> None:
    """In one step: whoever reads it meanwhile sees the old file or the new one."""
    beside = file.with_name(file.name + ".new")
    beside.write_bytes(body)
    if file.exists():
        beside.chmod(file.stat().st_mode & 0o777)
    beside.replace(file)
