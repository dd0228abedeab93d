"""`clearwarn quarantine list | show | redrive`: what was refused, and having it go through again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from ingest.adapters import quarantine as kept
from ingest.adapters.books import reading_books
from ingest.adapters.control import ask
from ingest.adapters.quarantine import Quarantined
from ingest.commands import Root
from ingest.folder import data_option, since_option, the_folder
from ingest.model import Reason
from ingest.redrive import Selection

_ORDER_WITHIN = 900.0  # seconds: a whole quarantine goes through the log between what arrives
_HEX = 32  # bytes a line
_reasons = click.option(
    "--reason", type=click.Choice([reason.value for reason in Reason]), help="Only what was refused for that reason."
)
_station = click.option("--station", help="Only that station's; _unknown for what no station could be made out of.")


@click.group()
def quarantine() -> None:
    """What was refused, with its bytes and the reason. 隔离区。"""


@quarantine.command("list")
@_station
@_reasons
@since_option
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document: entries without their bytes.")
@data_option
@click.pass_obj
def list_(
    root: Root,
    *,
    station: str | None,
    reason: str | None,
    since: datetime | None,
    limit: int,
    as_json: bool,
    data: Path | None,
) -> None:
    """Entries, newest first; whether the service runs or not. 列出。"""
    chosen = Selection(station=station, reason=reason, since=since)
    with reading_books(the_folder(root, data)) as books:
        found = kept.entries(books, chosen, limit)
        total = kept.count(books, chosen)
    if as_json:
        shown = [_plain(entry) for entry in found]
        click.echo(json.dumps({"total": total.entries, "entries": shown}, ensure_ascii=False))
        return
    if not found:
        click.echo("nothing in quarantine 隔离区为空")
        return
    _print_table(found)
    if total.entries > len(found):
        click.echo(f"{len(found)} of {total.entries}; --limit shows more")
    if total.excerpts:
        click.echo(f"{total.excerpts} over quota: a count, a hash and an excerpt are kept, not every delivery's bytes")


@quarantine.command()
@click.argument("entry_id", metavar="ID", type=int)
@click.option("--raw", is_flag=True, help="Writes the bytes to standard output, and nothing else.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@data_option
@click.pass_obj
def show(root: Root, *, entry_id: int, raw: bool, as_json: bool, data: Path | None) -> None:
    """One entry with its bytes: as text where it is text, else in hexadecimal. 显示一条。"""
    with reading_books(the_folder(root, data)) as books:
        found = kept.entries(books, Selection(ids=(entry_id,)), 1)
    if not found:
        raise click.ClickException(f"no entry {entry_id} in quarantine; `clearwarn quarantine list` shows them")
    (entry,) = found
    text = _text(entry.payload)
    if raw:
        click.echo(entry.payload, nl=False)
    elif as_json:
        payload = {"text": text} if text is not None else {"hex": entry.payload.hex()}
        click.echo(json.dumps({**_plain(entry), **payload}, ensure_ascii=False))
    else:
        for name, value in _plain(entry).items():
            click.echo(f"{name:12} {_safe(str(value))}")
        click.echo()
        click.echo(text if text is not None else "\n".join(_hex(entry.payload)))
        if len(entry.payload) < entry.size:
            click.echo(f"... over quota: the first {len(entry.payload)} of {entry.size} bytes are kept")


@quarantine.command()
@click.argument("ids", metavar="[ID]...", type=int, nargs=-1)
@_station
@_reasons
@click.option("--all", "everything", is_flag=True, help="All of quarantine; must be said where nothing else chooses.")
@click.option("--dry-run", is_flag=True, help="Only says how much it would be.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@data_option
@click.pass_obj
def redrive(
    root: Root,
    *,
    ids: Sequence[int],
    station: str | None,
    reason: str | None,
    everything: bool,
    dry_run: bool,
    as_json: bool,
    data: Path | None,
) -> None:
    """Has the running service take the same bytes again, after the catalogue or a mapping was mended. 重新处理。

    What passes now is stored and evaluated as of when it came, and leaves quarantine; what is refused again stays, with
    the newer reason. Doing it twice changes nothing. A change of the catalogue must have reached the service first.
    """
    if not (ids or station or reason or everything):
        raise click.UsageError("say which: IDs, --station, --reason or --all")
    chosen = {"station": station, "reason": reason, "ids": list(ids) or None, "dry_run": dry_run}
    answer = ask(the_folder(root, data), "redrive", seconds=_ORDER_WITHIN, **chosen)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        for line in _said(answer, dry_run=dry_run):
            click.echo(line)


def _said(answer: Mapping[str, Any], *, dry_run: bool) -> list[str]:
    took = "would be taken up" if dry_run else "taken up"
    lines = [f"{answer['entries']} entries chosen, {answer['deliveries']} deliveries {took}"]
    if not dry_run:
        refused = answer["refused"]
        lines.append(
            f"stored {answer['stored']}, duplicate {answer['duplicate']}, still refused {sum(refused.values())}"
            + "".join(f"\n  {reason}: {count}" for reason, count in refused.items())
        )
        if answer["waiting"]:
            lines.append("the store has not taken all of it yet: it is in the intake log, and follows by itself")
        if answer["lost"]:
            lines.append(f"{answer['lost']} deliveries over quota are no longer in the intake log: cannot be redriven")
    if answer["excerpts"]:
        lines.append(f"{answer['excerpts']} entries over quota hold a hash and an excerpt alone: cannot be redriven")
    return lines


def _print_table(found: Sequence[Quarantined]) -> None:
    table = Table("id", "received", "station", "reason", "parameter", "bytes", "count", "tries", "detail", box=None)
    for entry in found:
        over = f"{entry.count} over quota" if entry.over_quota else str(entry.count)
        when = f"{entry.received_at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
        words = (_safe(entry.station), entry.reason, _safe(entry.parameter or ""), str(entry.size), over)
        table.add_row(str(entry.id), when, *words, str(entry.tries), _safe(entry.detail))
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console.width = 240  # a line an entry, for whoever greps
    console.print(table)


def _plain(entry: Quarantined) -> dict[str, Any]:
    return {
        "id": entry.id,
        "station": entry.station,
        "reason": entry.reason,
        "detail": entry.detail,
        "parameter": entry.parameter,
        "received_at": entry.received_at.isoformat(),
        "topic": entry.topic,
        "position": entry.position,
        "size": entry.size,
        "sha256": entry.sha256,
        "count": entry.count,
        "over_quota": entry.over_quota,
        "tries": entry.tries,
    }


def _text(payload: bytes) -> str | None:
    """None for what is no text a terminal could be shown: its sender chose every byte."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return None
    return text if all(letter.isprintable() or letter in "\n\t" for letter in text) else None


def _safe(text: str) -> str:
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def _hex(payload: bytes) -> list[str]:
    return [f"{at:08x}  {payload[at : at + _HEX].hex(' ')}" for at in range(0, len(payload), _HEX)]
