"""Laws of the air windows: whatever the order, delay and repetition, the same readings end in the same indices."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.air.block import Block
from alerts.air.blocks import Blocks
from alerts.air.figures import ranges
from alerts.air.packing import pack, skip, unpack
from ingest.model import Reading
from tests.support.air_reference import area_hours, differences, hours_of, indices
from tests.support.air_windows import (
    HOUR,
    MINUTE,
    NAMES,
    SHANGHAI,
    START,
    a_message,
    an_air_network,
    an_air_station,
    an_area,
    fed,
    standing,
)
from tests.support.bundles import bundled

Messages = list[list[Reading]]
AWAY = (0, 0, 100, 120, 150, 1000)  # hours: within what is kept, at its end, and far beyond it
CHANCES = st.integers(0, 2**32).map(random.Random)  # one number for thousands of draws


class Stream(NamedTuple):
    """Messages in order of their instants."""

    messages: Messages

    def __repr__(self) -> str:
        """Short: what hypothesis shows of a failure is the seed that made it."""
        return f"<{len(self.messages)} messages up to {self.newest}>"

    @property
    def newest(self) -> datetime:
        return max(message[0].instant for message in self.messages)

    def delayed(self, chance: random.Random, most: timedelta) -> Messages:
        """Each up to that late, some twice; received when its turn comes."""
        turns = [(message[0].instant + most * chance.random(), message) for message in self.messages]
        turns += [(turn + HOUR * chance.random(), message) for turn, message in turns if chance.random() < 0.2]
        clock = self.messages[0][0].instant
        found = []
        for turn, message in sorted(turns, key=lambda each: each[0]):
            clock = max(clock, turn)
            found.append([reading._replace(received_at=clock) for reading in message])
        return found


@st.composite
def hourly_streams(
    draw: st.DrawFn, stations: Sequence[str] = ("air-1",), hours: int = 70, away: Sequence[int] = (0,)
) -> Stream:
    """Hours of which some lack, by pollutant, with stretches of silence; values near where roundings and levels are.

    Once in between nothing comes for one of the numbers of hours in `away`.
    """
    chance = draw(CHANCES)
    lacking = draw(st.sampled_from((0.0, 0.05, 0.2)))
    silences = [draw(st.integers(0, hours)) for _ in range(draw(st.integers(0, 2)))]
    gone, back = draw(st.integers(0, hours)), draw(st.sampled_from(away))
    messages: Messages = []
    for heard in range(1, draw(st.integers(1, hours)) + 1):
        if any(silence <= heard < silence + 9 for silence in silences):
            continue
        number = heard + back if heard > gone else heard
        for station in stations:
            values = {name: _value(chance, name) for name in NAMES if chance.random() >= lacking}
            if values:
                messages.append(a_message(START + number * HOUR, values, station=station))
    return Stream(messages or [a_message(START + HOUR, station=station) for station in stations])


def _value(chance: random.Random, name: str) -> float | None:
    if chance.random() < 0.02:
        return None
    return round(chance.uniform(-0.05, 5), 2) if name == "co" else round(chance.uniform(-1, 260), 1)


@settings(max_examples=40)
@given(stream=hourly_streams(away=AWAY), chance=CHANCES)
def test_hours_in_any_order_end_in_the_naive_indices(stream: Stream, chance: random.Random) -> None:
    """Delays up to nearly the lateness, repetitions, shuffles: every index is what all readings together give."""
    readings = [reading for message in stream.messages for reading in message]
    hours = hours_of(readings, stream.newest)
    wanted = indices("air-1", hours, START - 99 * HOUR, stream.newest, SHANGHAI)
    for messages in (stream.messages, stream.delayed(chance, 60 * HOUR)):
        found = standing(fed(an_air_network(), messages))
        assert differences(found, wanted) == []


@settings(max_examples=15)
@given(stream=hourly_streams(stations=("air-1", "air-2", "air-3"), hours=40, away=AWAY), chance=CHANCES)
def test_area_in_any_order_ends_in_the_naive_indices(stream: Stream, chance: random.Random) -> None:
    """The mean over the stations, of which two of three must be in."""
    stations = [an_air_station(id=f"air-{number}") for number in (1, 2, 3)]
    parts = [
        hours_of([r for message in stream.messages for r in message if r.station == station.id], stream.newest)
        for station in stations
    ]
    newest = {m[0].station: m[0].instant for m in stream.messages}
    fronts = [newest.get(station.id, START - 999 * HOUR) for station in stations]
    last = max(min(fronts), max(fronts) - HOUR)
    wanted = indices("bay", area_hours(parts, 2), START - 99 * HOUR, last, SHANGHAI)
    for messages in (stream.messages, stream.delayed(chance, 60 * HOUR)):
        network = an_air_network(*stations, areas=[an_area("0.5")])
        found = standing(fed(network, messages))
        assert differences({key: one for key, one in found.items() if key[0] == "bay"}, wanted) == []


@st.composite
def minute_streams(draw: st.DrawFn) -> Stream:
    """Some hours of readings of several periods, with gaps around the 45 minutes; some devices send hours as well."""
    chance = draw(CHANCES)
    messages: Messages = []
    for number in range(draw(st.integers(1, 5))):
        begin = START + number * HOUR
        for period, width in (("1m", 1), ("5m", 5), ("10m", 10)):
            if not draw(st.booleans()):
                continue
            lacking = draw(st.sampled_from((0.0, 0.2, 0.26, 0.5)))
            for slot in range(1, 60 // width + 1):
                if chance.random() >= lacking:
                    values = {name: _value(chance, name) for name in draw(st.just(("pm2_5", "o3", "co")))}
                    messages.append(a_message(begin + slot * width * MINUTE, values, period=period))
        if draw(st.booleans()):
            flag = draw(st.sampled_from((1, 2, 3, 4)))
            messages.append(a_message(begin + HOUR, {"pm2_5": 33.3, "o3": 44.4}, flag=flag))
    messages.sort(key=lambda message: message[0].instant)
    return Stream(messages or [a_message(START + HOUR)])


@settings(max_examples=40)
@given(stream=minute_streams(), chance=CHANCES)
def test_minutes_in_any_order_end_in_the_naive_indices(stream: Stream, chance: random.Random) -> None:
    """A device's own valid hour wins; periods are never mixed within an hour."""
    readings = [reading for message in stream.messages for reading in message]
    over = stream.newest.replace(minute=0)
    wanted = indices("air-1", hours_of(readings, over), START - 99 * HOUR, over, SHANGHAI)
    for messages in (stream.messages, stream.delayed(chance, 30 * HOUR)):
        assert differences(standing(fed(an_air_network(), messages)), wanted) == []


@settings(max_examples=25)
@given(stream=hourly_streams(hours=40), chance=CHANCES, data=st.data())
def test_corrections_end_as_though_the_last_word_had_come_first(
    stream: Stream, chance: random.Random, data: st.DataObject
) -> None:
    """Another value, none, or a doubtful one, long after; the first words might never have been said."""
    corrected = [
        [r._replace(value=r.value and r.value + 7.5, flag=chance.choice((1, 2, 3, 9))) for r in message]
        for message in stream.messages
        if chance.random() < 0.3
    ]
    chance.shuffle(corrected)
    late = [[r._replace(received_at=stream.newest) for r in message] for message in corrected]
    readings = [reading for message in (*stream.messages, *late) for reading in message]
    wanted = indices("air-1", hours_of(readings, stream.newest), START - 99 * HOUR, stream.newest, SHANGHAI)
    assert differences(standing(fed(an_air_network(), [*stream.messages, *late])), wanted) == []


@settings(max_examples=25)
@given(stream=hourly_streams(stations=("air-1", "air-2"), hours=30) | minute_streams(), data=st.data())
def test_a_restart_at_any_delivery_says_the_same(stream: Stream, data: st.DataObject) -> None:
    """From a snapshot through JSON: the same words, to the revision."""
    stations = [an_air_station(), an_air_station(id="air-2")]
    messages = stream.delayed(data.draw(CHANCES), 20 * HOUR)
    whole = an_air_network(*stations, areas=[an_area()])
    cut = data.draw(st.integers(0, len(messages)))
    fed(whole, messages[:cut])
    again = an_air_network(*stations, areas=[an_area()])
    again.restore(json.loads(json.dumps(whole.snapshot(), default=tuple)))
    assert fed(again, messages[cut:]) == fed(whole, messages[cut:])
    assert json.loads(json.dumps(again.snapshot(), default=tuple)) == json.loads(
        json.dumps(whole.snapshot(), default=tuple)
    )


@settings(max_examples=25)
@given(stream=hourly_streams(hours=30), ahead=st.integers(6, 10**6))
def test_what_comes_from_the_future_moves_nothing(stream: Stream, ahead: int) -> None:
    """A clock that runs ahead neither ends an hour nor hides what comes after."""
    plain, troubled = an_air_network(), an_air_network()
    for message in stream.messages:
        now = message[0].received_at
        future = [r._replace(received_at=now) for r in a_message(now + ahead * MINUTE, period="1m")]
        assert troubled.feed(bundled(future), now) == []
        assert troubled.feed(bundled(message), now) == plain.feed(bundled(message), now)


@settings(max_examples=25)
@given(stream=hourly_streams(hours=30), chance=CHANCES)
def test_windows_never_move_backwards(stream: Stream, chance: random.Random) -> None:
    """The newest hour given out only ever grows."""
    network = an_air_network()
    newest = START
    for message in stream.delayed(chance, 60 * HOUR):
        network.feed(bundled(message), message[0].received_at)
        document = network.bulletin("air-1")
        assert document is not None
        shown = datetime.fromisoformat(document["hour"]["time"])
        assert shown >= newest
        newest = shown


@st.composite
def columns(draw: st.DrawFn) -> list[int]:
    """Anything, and what instruments do: walks in steps of a decimal, with a jump here and there."""
    if draw(st.booleans()):
        return draw(st.lists(st.integers(-(10**9), 10**12), min_size=1, max_size=60))
    chance, unit, jump = draw(CHANCES), 10 ** draw(st.integers(0, 6)), draw(st.sampled_from((0, 1000, 10**7)))
    steps = [round(chance.gauss(0, 4)) + (chance.random() < 0.05) * jump for _ in range(draw(st.integers(1, 60)))]
    return [unit * value for value in accumulate(steps)]


@given(columns(), st.integers(0, 40))
def test_packing_gives_back_what_was_packed(values: list[int], before: int) -> None:
    """Exactly, wherever it lies."""
    data = bytes(before) + pack(values) + b"more"
    assert skip(data, before, len(values)) == len(data) - len(b"more")
    found, end = unpack(data, before, len(values))
    assert (found, data[end:]) == (values, b"more")


@settings(max_examples=40)
@given(CHANCES, st.sampled_from((6, 12, 60)))
def test_blocks_are_kept_by_hour(chance: random.Random, slots: int) -> None:
    """Put, taken and forgotten in any order, and through a checkpoint."""
    blocks = Blocks(slots)
    wanted: dict[int, Block] = {}
    for _ in range(300):
        hour = chance.randint(0, 90)
        assert blocks.find(hour) == wanted.get(hour)
        if hour in wanted and chance.random() < 0.7:
            assert blocks.take(hour) == wanted.pop(hour)
        elif hour not in wanted:
            wanted[hour] = block = _block(chance, hour, slots)
            blocks.put(block)
        if chance.random() < 0.02:
            blocks.forget(before := hour // 2)
            wanted = {hour: block for hour, block in wanted.items() if hour >= before}
    again = Blocks(slots)
    assert again.load(blocks.dump(None)) == max(wanted, default=None)
    assert [again.find(hour) for hour in range(99)] == [wanted.get(hour) for hour in range(99)]


def _block(chance: random.Random, hour: int, slots: int) -> Block:
    held = chance.choice(((1 << slots) - 1, chance.getrandbits(slots) or 1))
    values = [chance.randint(0, 10**6) for _ in range(held.bit_count())]
    return Block(hour, held, values, chance.choice(([], [1, *values[1:]])))


@given(st.integers(0, 2**60 - 1))
def test_ranges_name_every_bit(bits: int) -> None:
    """And no other."""
    named: set[int] = set()
    for part in filter(None, ranges(bits).split(",")):
        first, _, last = part.partition("-")
        named.update(range(int(first), int(last or first) + 1))
    assert sum(1 << place - 1 for place in named) == bits
