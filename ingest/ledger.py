"""The ledger: what came in and what became of it. Pure.

Its unit is a reading; a delivery that cannot be decoded counts one. Per station and hour of receipt
`received = stored + duplicate + quarantined + waiting`. `received` is counted by the walk where a report is taken
apart, the others where their fate is settled: a reading lost between the two shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ingest.flagged import Flagged

HOUR = 3_600_000_000  # microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One account's counts. `waiting` is what has been received and not yet settled."""

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0

    def __add__(self, other: Entry) -> Entry:
        return Entry(
            received=self.received + other.received,
            stored=self.stored + other.stored,
            duplicate=self.duplicate + other.duplicate,
            quarantined=self.quarantined + other.quarantined,
        )

    @property
    def settled(self) -> int:
        """Readings whose fate is known."""
        return self.stored + self.duplicate + self.quarantined

    @property
    def waiting(self) -> int:
        """Readings received whose fate is not known yet. Negative only where something was settled twice."""
        return self.received - self.settled


class Account(NamedTuple):
    """What counts are kept for: a station (`_unknown` for none), and the hour of receipt, microseconds UTC."""

    station: str
    hour: int


def received(batch: Iterable[Flagged]) -> Mapping[Account, Entry]:
    """What the batch brought in."""
    sums: dict[tuple[str, int], int] = defaultdict(int)
    for item in batch:
        if item.redrives is None:  # a redrive moves, it does not receive again
            received_at = item.received_at
            sums[item.account, received_at - received_at % HOUR] += item.received
    return {Account(*account): Entry(received=count) for account, count in sums.items()}


def settled(batch: Iterable[Flagged], refused: Mapping[int, int]) -> Mapping[Account, Entry]:
    """What became of it; `refused` counts the readings the store refused, by position."""
    sums: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for item in batch:
        if item.redrives is not None:
            continue
        received_at = item.received_at
        account = sums[item.account, received_at - received_at % HOUR]
        for _, _, values in item.groups:
            account[0] += len(values.names)
        account[1] += item.duplicates
        for *_, count in item.refusals:
            account[2] += count
        if item.position in refused:
            lost = refused[item.position]
            account[0] -= lost
            account[2] += lost
    return {
        Account(*account): Entry(stored=stored, duplicate=duplicate, quarantined=quarantined)
        for account, (stored, duplicate, quarantined) in sums.items()
    }


def moved(
    source: Account, target: Account, *, count: int, stored: int = 0, duplicate: int = 0
) -> Mapping[Account, Entry]:
    """What a redrive books for `count` readings in quarantine: the fate given, or quarantine again.

    Where another station turns out to be meant, what was received moves with it: the total stays, both accounts
    balance.
    """
    still = count - stored - duplicate
    if source == target:
        return {source: Entry(stored=stored, duplicate=duplicate, quarantined=still - count)}
    return {
        source: Entry(received=-count, quarantined=-count),
        target: Entry(received=count, stored=stored, duplicate=duplicate, quarantined=still),
    }


class Imbalance(NamedTuple):
    """An account that does not balance: `unsettled` readings of it are in the log, `waiting` are on the books."""

    account: Account
    entry: Entry
    unsettled: int


def imbalances(entries: Mapping[Account, Entry], unsettled: Iterable[Flagged]) -> list[Imbalance]:
    """Accounts whose `waiting` is not what the log still holds for the store; empty where nothing is missing.

    `unsettled` are the outcomes that are booked as received and not yet as settled.
    """
    held = received(unsettled)
    nothing = Entry()
    return [
        Imbalance(account, entry, expected)
        for account in sorted({*entries, *held})
        if (entry := entries.get(account, nothing)).waiting != (expected := held.get(account, nothing).received)
    ]


def account_of(item: Flagged) -> Account:
    """The account of that outcome."""
    return account(item.account, item.received_at)


def account(station: str, received_at: int) -> Account:
    """The account of that station at that time of receipt (microseconds)."""
    return Account(station, received_at - received_at % HOUR)
