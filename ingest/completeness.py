"""How much of what was due has come, and is of use: per station, parameter and hour. Pure, with memory.

An hour ends at the full hour; a station that sends less often than hourly has slots as long as its interval. A slot is
closed `GRACE` after its end, by the service's clock as deliveries show it, a few stations with each delivery, silent
ones too. What comes later revises it, for 72 slots. One that is complete cannot change any more: it is forgotten.

Useful is what passed or was not checked (flags 1 and 2). A value counts once, whatever corrects it; more than is due
counts as complete. Due is one value each interval, of readings whose period is no longer than that.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from ingest.bundle import Values
from ingest.catalog import Catalog, Station
from ingest.flagged import Corrected, Flagged, Group, Summary
from ingest.model import Flag, Period, Reading
from ingest.moments import to_micros

HOUR = 3_600_000_000  # microseconds
GRACE = HOUR // 4  # engineering default: hourly means arrive within minutes
AT_ONCE = 16  # stations closed with a delivery: ten thousand hourly ones take a sixteenth of their own messages
_MOST = 72  # slots of a station that may still be revised: the usual lateness in hours
_MICROSECOND = timedelta(microseconds=1)
_FLAGS = tuple(flag.value for flag in Flag)
_PLACES = {flag: place for place, flag in enumerate(_FLAGS)}
_PASSED = _PLACES[Flag.PASS.value]
_USEFUL = {Flag.PASS.value, Flag.UNCHECKED.value}
_LONGEST = 2**31 - 1
_LENGTHS: Mapping[str, int] = {period.value: period.length // _MICROSECOND for period in Period}


class _Due:
    """What is expected of one station, and the slots of it that are open or may be revised."""

    __slots__ = ("complete", "due", "id", "kept", "longest", "names", "number", "places", "slot")

    def __init__(self, station: Station, number: int) -> None:
        interval = station.interval // _MICROSECOND
        self.number = number  # among the stations
        self.id = station.id
        self.slot = -(-interval // HOUR) * HOUR
        self.longest = interval
        self.due = max(1, round(self.slot / interval))
        self.names = station.parameters
        self.places = {name: place for place, name in enumerate(station.parameters)}
        # by number of the slot: useful ones, flags, messages of all parameters that passed, lateness, skew, revision
        self.kept: dict[int, array[int]] = {}
        self.complete: set[int] = set()  # closed and whole, as far back as `kept` may go

    def blank(self) -> array[int]:
        return array("i", [*[0] * (len(self.names) + len(_FLAGS)), 0, -_LONGEST, _LONGEST, 0])

    def told(self, number: int, row: array[int]) -> Summary:
        """That slot as it stands; a whole one is forgotten, and one that nothing is known of."""
        *counted, whole, lateness, skew, revision = row
        first = len(self.names)
        useful = [min(count + whole, self.due) for count in counted[:first]]
        counts = counted[first:]
        counts[_PASSED] += first * whole
        heard = any(counts)
        if min(useful) >= self.due:
            self.complete.add(number)
            del self.kept[number]
        elif not heard:
            del self.kept[number]
        return Summary(
            station=self.id,
            end=(number + 1) * self.slot,
            shares={name: count / self.due for name, count in zip(self.names, useful, strict=True)},
            counts=counts,
            lateness=lateness if heard else None,
            skew=skew if heard else None,
            revision=revision,
        )

    def forget(self, number: int) -> None:
        """That slot and all before it."""
        for old in [*filter(number.__ge__, self.kept)]:
            del self.kept[old]
        self.complete = {later for later in self.complete if later > number}


class Completeness:
    """Fed by the walk. `closed` gives what is due to be told; the hour in which it begins is left out."""

    def __init__(self, catalog: Catalog) -> None:
        self._stations = [_Due(station, number) for number, station in enumerate(catalog.stations)]
        self._by_id = {due.id: due for due in self._stations}
        self._since: int | None = None  # microseconds: of slots that began before nothing is told
        self._hour = 0  # the end of the hour that is closed next
        self._next = 0  # number of the station that is closed next
        self._revised: dict[tuple[str, int], None] = {}  # closed slots that something came for

    def count(self, station: str, period: str, micros: int, values: Values, received: int) -> None:
        """Values that nothing was known of before; a future is not believed."""
        due = self._by_id.get(station)
        if due is None or _LENGTHS[period] > due.longest:
            return  # an area that forecasts has no hours; a mean over longer is another matter
        number = (micros - 1) // due.slot
        row = due.kept.get(number)
        if row is None:
            if number in due.complete or number * due.slot > received or self._is_gone(due, number):
                return
            row = due.kept[number] = due.blank()
        if len(values.names) == len(due.names) and values.all_passed:
            row[-4] += 1  # as most messages: of each parameter one
        else:
            first = len(due.names)
            for name, _, flag, _ in values:
                if flag in _USEFUL:
                    row[due.places[name]] += 1
                row[first + _PLACES[flag]] += 1
        delay = max(-_LONGEST, min((received - micros) // 1_000_000, _LONGEST))
        if delay > row[-3]:  # noqa: PLR1730  mostly neither: no calls that can be spared
            row[-3] = delay
        if delay < row[-2]:  # noqa: PLR1730
            row[-2] = delay
        if (number + 1) * due.slot <= self._hour and self._is_closed(due, number):
            self._revised[station, number] = None

    def closed(self, now: int) -> list[Summary]:
        """What to tell at that time of receipt: slots whose time is over, and closed ones that were revised."""
        found: list[Summary] = []
        if self._since is None:
            self._since = (now // HOUR + 1) * HOUR
            self._hour = self._since + HOUR
        if self._revised:
            for id_, number in self._revised:
                due = self._by_id[id_]
                due.kept[number][-1] += 1
                found.append(due.told(number, due.kept[number]))
            self._revised.clear()
        if now >= self._hour + GRACE:
            self._close(now, self._since, found)
        return found

    def _close(self, now: int, since: int, found: list[Summary]) -> None:
        oldest = (now // HOUR - _MOST) * HOUR
        if self._hour < oldest:  # nothing came for days: what is older is told no more
            self._hour, self._next = oldest, 0
            for due in self._stations:
                due.forget(oldest // due.slot - 2)
        for due in self._stations[self._next : self._next + AT_ONCE]:
            number = self._hour // due.slot - 1
            if self._hour % due.slot or number * due.slot < since:
                continue
            due.complete.discard(number - _MOST)
            due.kept.pop(number - _MOST, None)
            found.append(due.told(number, due.kept.setdefault(number, due.blank())))
        self._next += AT_ONCE
        if self._next >= len(self._stations):
            self._hour, self._next = self._hour + HOUR, 0

    def _is_closed(self, due: _Due, number: int) -> bool:
        """Stations are closed in their order: of the hour at hand, those before `_next` are."""
        return (number + 1) * due.slot < self._hour or due.number < self._next

    def _is_gone(self, due: _Due, number: int) -> bool:
        """Before there was a beginning, or older than what may be revised."""
        begun = number * due.slot
        return self._since is None or begun < self._since or begun < self._hour - _MOST * due.slot

    def snapshot(self) -> Mapping[str, Any]:
        """Plain data for the checkpoint."""
        kept = {
            due.id: [due.names, [[number, row.tolist()] for number, row in due.kept.items()], sorted(due.complete)]
            for due in self._stations
            if due.kept or due.complete
        }
        following = self._stations[self._next].id if self._stations else ""
        return {"since": self._since, "hour": self._hour, "next": following, "stations": kept}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes it over. What a station measured then and not now, or the other way, begins anew."""
        self._since, self._hour = state["since"], state["hour"]
        following = self._by_id.get(state["next"])
        self._next = following.number if following is not None else 0
        for id_, (names, kept, complete) in state["stations"].items():
            due = self._by_id.get(id_)
            if due is not None and tuple(names) == tuple(due.names):
                due.kept = {number: array("i", _of_now(row, len(due.blank()))) for number, row in kept}
                due.complete = set(complete)


def first_words(kept: Values, corrected: Iterable[Corrected]) -> Values:
    """Without values that correct others; one that comes where none was is the first."""
    later = {parameter for parameter, *_, first in corrected if first is not None}
    return Values.of([value for value in kept if value[0] not in later])


def first_heard(redriven: Flagged, readings: Iterable[Reading]) -> Iterator[Group]:
    """What to count of a redrive: without values that correct others, and those that were here before."""
    corrected = {(parameter, period, at) for parameter, period, at, first in redriven.corrected if first is not None}
    heard = {(reading.parameter, reading.period, to_micros(reading.instant)) for reading in readings}
    for period, micros, values in redriven.groups:
        yield period, micros, Values.of([value for value in values if (value[0], period, micros) in heard - corrected])


def _of_now(row: Sequence[int], width: int) -> Sequence[int]:
    """Earlier versions did not count whole messages apart."""
    return row if len(row) == width else [*row[:-3], 0, *row[-3:]]
