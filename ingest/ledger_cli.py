"""`clearwarn ledger`: what came in and what became of it, and whether anything is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from ingest.adapters.books import accounts, progress, reading_books
from ingest.adapters.log_reader import outcomes_beside
from ingest.commands import Root
from ingest.folder import data_option, since_option, the_folder
from ingest.ledger import HOUR, Account, Entry, Imbalance, imbalances
from ingest.moments import EPOCH, to_micros


@click.command()
@click.option("--station", help="Only that station's accounts; _unknown for what no station could be made out of.")
@since_option
@click.option("--hourly", is_flag=True, help="An account a station and hour of receipt, not their sums.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@data_option
@click.pass_obj
def ledger(
    root: Root, *, station: str | None, since: datetime | None, hourly: bool, as_json: bool, data: Path | None
) -> None:
    """The ledger: received = stored + duplicate + quarantined + waiting. 台账。

    Whether the service runs or not. Every account is held against what the intake log still has for the store, whatever
    is shown; exits 1 when one does not balance.
    """
    folder = the_folder(root, data)
    with reading_books(folder) as books:
        every = accounts(books, "ORDER BY hour, station")
        received, stored = progress(books, "received"), progress(books, "stored")
    wrong = imbalances(every, outcomes_beside(folder / "intake", after=stored, until=received))
    first = 0 if since is None else to_micros(since)
    shown = {
        account: entry
        for account, entry in every.items()
        if station in {None, account.station} and account.hour + HOUR > first
    }
    rows = shown if hourly else _summed(shown)
    if as_json:
        click.echo(json.dumps(_document(rows, sum(shown.values(), Entry()), wrong, hourly=hourly), ensure_ascii=False))
    else:
        _print_table(rows, sum(shown.values(), Entry()), hourly=hourly)
        for one in wrong:
            click.secho(_complaint(one), fg="red")
        click.echo("every account balances 收支相符" if not wrong else f"{len(wrong)} accounts do not balance 台账不平")
    if wrong:
        raise click.exceptions.Exit(1)


def _summed(entries: Mapping[Account, Entry]) -> dict[Account, Entry]:
    sums: dict[Account, Entry] = {}
    for (station, _), entry in sorted(entries.items()):
        whole = Account(station, 0)
        sums[whole] = sums.get(whole, Entry()) + entry
    return sums


def _document(rows: Mapping[Account, Entry], total: Entry, wrong: list[Imbalance], *, hourly: bool) -> dict[str, Any]:
    return {
        "balanced": not wrong,
        "total": _counts(total),
        "accounts": [
            {"station": account.station, **({"hour": _hour(account)} if hourly else {}), **_counts(entry)}
            for account, entry in rows.items()
        ],
        "unbalanced": [
            {
                "station": one.account.station,
                "hour": _hour(one.account),
                **_counts(one.entry),
                "in_the_log": one.unsettled,
            }
            for one in wrong
        ],
    }


def _counts(entry: Entry) -> dict[str, int]:
    return {
        "received": entry.received,
        "stored": entry.stored,
        "duplicate": entry.duplicate,
        "quarantined": entry.quarantined,
        "waiting": entry.waiting,
    }


def _hour(account: Account) -> str:
    return (EPOCH + timedelta(microseconds=account.hour)).isoformat()


def _complaint(one: Imbalance) -> str:
    return (
        f"{one.account.station}, {_hour(one.account)}: {one.entry.waiting} waiting by the books,"
        f" {one.unsettled} in the intake log"
    )


def _print_table(rows: Mapping[Account, Entry], total: Entry, *, hourly: bool) -> None:
    table = Table("station", *(("hour",) if hourly else ()), box=None)
    for name in _counts(total):
        table.add_column(name, justify="right")
    for row in _lines(rows, total, hourly=hourly):
        table.add_row(*row)
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console.width = 160
    console.print(table)


def _lines(rows: Mapping[Account, Entry], total: Entry, *, hourly: bool) -> Iterator[list[str]]:
    for account, entry in rows.items():
        yield [account.station, *([_hour(account)] if hourly else []), *map(str, _counts(entry).values())]
    yield ["total", *([""] if hourly else []), *map(str, _counts(total).values())]
