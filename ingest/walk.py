"""One delivery from topic to flagged readings (DESIGN section 4, steps 3 and 4). Pure, with memory.

topic -> address, bytes -> report, report x catalogue -> claims, claims -> readings with flags. Deliveries must come in
the order of the log: then the same log gives the same outcomes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ingest import topics
from ingest.bundle import Bundle, Value, Values
from ingest.catalog import Catalog, Station
from ingest.codecs import CODECS, Malformed
from ingest.completeness import Completeness, first_heard, first_words
from ingest.dialect import Parts
from ingest.flagged import Corrected, Flagged, Group, Refusal, Summary
from ingest.forecasts import speakers
from ingest.model import (
    COMPLETENESS,
    SKEW,
    UNKNOWN_STATION,
    Delivery,
    Flag,
    Period,
    Reading,
    Reason,
    Redrive,
    Rejection,
)
from ingest.moments import EPOCH, MICROSECOND, to_micros
from ingest.ports import StoredSeries
from ingest.quality import Timing, judge, timing
from ingest.rewalk import Rewalk
from ingest.sensors import Sensors
from ingest.series import Arrival
from ingest.topics import Address, Leaf
from ingest.validate import Claim, Validated, Validator
from ingest.wholes import REASON as IMPOSSIBLE
from ingest.wholes import Halves, wholes

_new = tuple.__new__  # `_new(Reading, (...))` is `Reading(...)`, at half the cost
_DUPLICATE, _CORRECTION = Arrival.DUPLICATE, Arrival.CORRECTION  # looked up for each value
_PRESENT = Timing.PRESENT
_PASS, _SUSPECT = Flag.PASS.value, Flag.SUSPECT.value
LARGEST_PAYLOAD = 256 * 1024  # a day of minutes of ten parameters is some 200 kB

_BACKFILL = 3 * 3600  # s: an hour whose least delay is more came in after an outage, and says nothing of a clock [E]
_SAID = 64  # characters kept of what a device says of itself


class Outcome(NamedTuple):
    """What a delivery came to: what evaluation is fed, and what goes on to the store."""

    bundles: Sequence[Bundle]
    flagged: Flagged
    status: tuple[str, str] | None = None  # (station, text) of a status message
    completeness: Sequence[Reading] = ()  # of stations, as rules take it: no sign of life, and no reading to store

    @property
    def readings(self) -> list[Reading]:
        """One by one."""
        return [reading for bundle in self.bundles for reading in bundle.readings]


class Walk:
    """Takes deliveries in order of the log."""

    def __init__(self, *, catalog: Catalog) -> None:
        self._validator = Validator(catalog)
        self._catalog = catalog
        self._speakers = speakers(catalog)
        self._sensors = Sensors(catalog, self._speakers)
        self._completeness = Completeness(catalog)
        # kind and lateness, microseconds: an enumeration and a duration take their time to say so
        self._ways = {id_: (one.kind.value, one.lateness // MICROSECOND) for id_, one in self._speakers.items()}
        self._wholes = {station.id: wholes(station, catalog.parameters) for station in catalog.stations}
        self._halves = Halves()
        self._received_at = EPOCH
        self._received = 0  # microseconds
        self._rewalk = Rewalk()
        self._parts = Parts()
        self._addresses: dict[str, Address] = {}  # of the catalogue's stations: others must not fill the memory

    def take(self, delivery: Delivery) -> Outcome:
        """The outcome of the next delivery, and what is due to be told with it. Never raises on what devices send."""
        outcome = self._taken(delivery)
        flagged, completeness = outcome.flagged, self._completeness
        if flagged.redrives is not None:
            for period, micros, values in first_heard(flagged, outcome.readings):
                completeness.count(flagged.account, period, micros, values, flagged.received_at)
        summaries = completeness.closed(flagged.received_at)
        if not summaries:
            return outcome
        told = [index for summary in summaries for index in self._indices(summary, delivery.received_at)]
        return outcome._replace(flagged=flagged._replace(summaries=summaries), completeness=told)

    def _indices(self, of: Summary, now: datetime) -> Iterator[Reading]:
        """A station's completeness in per cent, and how far its clock is off in seconds, as rules take them."""
        kind, instant = self._catalog.by_id[of.station].kind.value, EPOCH + of.end * MICROSECOND
        share = round(100 * of.completeness, 2)
        yield Reading(of.station, kind, COMPLETENESS, Period.HOUR.value, instant, share, _PASS, "", now)
        if of.skew is not None and of.skew <= _BACKFILL:
            yield Reading(of.station, kind, SKEW, Period.HOUR.value, instant, float(of.skew), _PASS, "", now)

    def _taken(self, delivery: Delivery) -> Outcome:
        if delivery.redrives is not None:
            return self._redriven(delivery, delivery.redrives)
        address = self._address(delivery.topic)
        if isinstance(address, Rejection):
            return _rejected(delivery, "", (address,))
        if address.leaf is Leaf.STATUS:
            return self._status(delivery, address)
        validated = self._validated(address, delivery.payload, self._parts)
        if validated.station is None:
            return _rejected(delivery, address.kind, validated.rejections)
        outcome = self._judged(delivery, validated.station, validated)
        return outcome._replace(status=(validated.station.id, validated.said[:_SAID])) if validated.said else outcome

    def give_up(self, delivery: Delivery, fault: str) -> Outcome:
        """The outcome of a delivery that `take` failed on, against its promise: kept in quarantine, for a redrive."""
        rejection = Rejection(reason=Reason.NOT_UNDERSTOOD, detail=fault, station=UNKNOWN_STATION)
        redrives = delivery.redrives
        if redrives is not None:
            return _moving(_rejected(_as_it_came(delivery, redrives), "", (rejection,)), redrives)
        return _rejected(delivery, "", (rejection,))

    def _redriven(self, delivery: Delivery, redrives: Redrive) -> Outcome:
        """As `take`, by the time of the first receipt; but what is here already, or a later word, stays as it is."""
        original = _as_it_came(delivery, redrives)
        address = self._address(original.topic)
        if isinstance(address, Rejection):
            return _moving(_rejected(original, "", (address,)), redrives)
        if address.leaf is Leaf.STATUS:  # what a device said of itself then is not what it says now
            return _moving(self._status(original, address)._replace(status=None), redrives)
        validated = self._validated(address, original.payload)
        if validated.station is None:
            return _moving(_rejected(original, address.kind, validated.rejections), redrives)
        station = validated.station
        if address.leaf is not Leaf.HJ212:
            return self._judged_again(original, station, validated.only(redrives.parameters), redrives)
        names = self._validator.dialect(station).names
        wanted = redrives.parameters and (
            *redrives.parameters,
            *(names.get(code, code) for code in redrives.parameters),
        )
        outcome = self._judged_again(original, station, validated.only(wanted), redrives)
        return outcome._replace(flagged=outcome.flagged._replace(names=names))

    def _judged_again(self, original: Delivery, station: Station, validated: Validated, redrives: Redrive) -> Outcome:
        claims = [(claim, to_micros(claim.instant)) for claim in validated.claims]
        found = self._rewalk.judge(original, redrives.position, station, claims, self._sensors.sensed)
        refusals = _refusals(validated.rejections)
        received = sum([len(claim.values) for claim, _ in claims]) + sum([count for *_, count in refusals])
        flagged = _flagged(original, station.id, station.kind.value)._replace(
            received=received,
            duplicates=len(found.superseded),
            groups=found.groups,
            corrected=found.corrected,
            refusals=refusals,
        )
        return _moving(Outcome(found.bundles, flagged), redrives, found.superseded, found.brought)

    def _status(self, delivery: Delivery, address: Address) -> Outcome:
        station = self._validator.station(address)
        if isinstance(station, Rejection):
            return _rejected(delivery, address.kind, (station,))
        text = delivery.payload[:_SAID].decode(errors="replace")
        return Outcome([], _flagged(delivery, station.id, address.kind), (station.id, text))

    def _validated(self, address: Address, payload: bytes, parts: Parts | None = None) -> Validated:
        if len(payload) > LARGEST_PAYLOAD:
            malformed = Malformed(Reason.TOO_LARGE, f"{len(payload)} bytes; at most {LARGEST_PAYLOAD} are read")
            return self._validator.refuse(address, malformed)
        report = CODECS[address.leaf](payload)
        if isinstance(report, Malformed):
            return self._validator.refuse(address, report)
        if parts is not None and report.coded is not None:
            report = parts.timed(address.station, report)
        return self._validator.check(address, report)

    def _judged(self, delivery: Delivery, station: Station, validated: Validated) -> Outcome:
        bundles: list[Bundle] = []
        groups: list[Group] = []
        corrected: list[Corrected] = []
        received = duplicates = 0
        if delivery.received_at is not self._received_at:  # shared by the deliveries of a group
            self._received_at, self._received = delivery.received_at, to_micros(delivery.received_at)
        id_ = station.id
        kind = self._ways[id_][0]
        for claim in validated.claims:
            micros = to_micros(claim.instant)
            before = len(corrected)
            kept = self._flags(station, claim, micros, corrected)
            received += len(claim.values)
            duplicates += len(claim.values) - len(kept.names)
            if kept.names:
                period = claim.period
                groups.append((period, micros, kept))
                bundles.append(_new(Bundle, (id_, kind, period, claim.instant, micros, self._received_at, kept)))
                first = kept if len(corrected) == before else first_words(kept, corrected[before:])
                self._completeness.count(id_, period, micros, first, self._received)
        refusals: Sequence[Refusal] = []
        if validated.rejections:
            received += sum([rejection.count for rejection in validated.rejections])
            refusals = _refusals(validated.rejections)
        counts = (received, duplicates, groups, corrected, refusals)
        flagged = _new(Flagged, (delivery.position, id_, kind, self._received, *counts, None, None, (), ()))
        return _new(Outcome, (bundles, flagged, None, ()))

    def _flags(self, station: Station, claim: Claim, micros: int, corrected: list[Corrected]) -> Values:
        """Judges the values of one instant, received at `_received`; without those that were here before."""
        period, _, values, marks = claim
        id_ = station.id
        lateness = self._ways[id_][1]
        post = self._sensors.post(id_, period)
        is_present = 0 <= self._received - micros <= lateness  # as nearly all are
        if is_present and not marks and post.calm is not None:
            taken = post.calm.take(micros, values)
            if taken is not None:
                return taken if taken.all_passed else self._paired(id_, period, micros, taken)
        sensors = post.rouse()
        when = _PRESENT if is_present else timing(micros, self._received, lateness)
        kept: list[Value] = []
        for parameter, value in values.items():
            mark = marks.get(parameter, "N")
            series, limits, watches = sensors.get(parameter) or self._sensors.add(station, parameter, period)
            if is_present and value is not None and mark == "N" and series.calm(micros, value):
                flag, reason = _PASS, ""
            else:
                known = series.known(micros) if series.newest >= micros else None
                (flag, reason), arrival = judge(limits, series, micros, value, mark, when)
                if arrival is _DUPLICATE:
                    continue
                if arrival is _CORRECTION:
                    corrected.append((parameter, period, micros, known))
            if watches and flag == _PASS and value is not None:
                for watch in watches:
                    flag, reason = watch.take(micros, value) or (flag, reason)
            kept.append((parameter, value, flag, reason))
        judged = self._paired(id_, period, micros, Values.of(kept))
        if is_present and not marks and 0 < len(kept) == len(values) and judged.all_passed:
            post.calm_down(values, self._wholes.get(id_, ()))
        return judged

    def _paired(self, station: str, period: str, micros: int, values: Values) -> Values:
        """What is impossible beside another is suspect."""
        pairs = self._wholes.get(station)
        if pairs and values:
            for place in self._halves.impossible(station, period, micros, values, pairs):
                values = values.marked(place, _SUSPECT, IMPOSSIBLE)
        return values

    def _address(self, topic: str) -> Address | Rejection:
        known = self._addresses.get(topic)
        if known is not None:
            return known
        address = topics.read(topic)
        if isinstance(address, Address) and address.station in self._speakers:
            self._addresses[topic] = address
        return address

    def recall(self, past: Iterable[StoredSeries]) -> list[Reading]:
        """Remembers what the store has from before, so that it is a duplicate when it comes again; as readings.

        A future that was not believed then is left out. When the others were received is not known: at once.
        """
        found: list[Reading] = []
        for of in past:
            station = self._speakers.get(of.station)
            if station is None or of.parameter not in station.parameters:
                continue
            series, _ = self._sensors.sensed(station, of.parameter, of.period)
            believed = [reading for reading in of.readings if reading.reason != "future"]
            if not of.worked_out:  # what may come again is known when it does
                series.recall([(to_micros(one.instant), one.value) for one in believed])
            kind = station.kind.value
            found += [
                Reading(station.id, kind, of.parameter, of.period, at.instant, at.value, at.flag, at.reason, at.instant)
                for at in believed
            ]
        return found

    def snapshot(self) -> dict[str, Any]:
        """Plain data for the checkpoint; the series by and by (`Sensors.snapshot`)."""
        return {
            "series": self._sensors.snapshot(),
            "redriven": self._rewalk.snapshot(),
            "completeness": self._completeness.snapshot(),
            "parts": self._parts.snapshot(),
            "halves": self._halves.snapshot(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes the memory over; what the catalogue no longer knows is forgotten."""
        self._sensors.restore(state["series"])
        self._rewalk.restore(state.get("redriven", ()))
        if "completeness" in state:  # checkpoints of earlier versions have none: it begins now
            self._completeness.restore(state["completeness"])
        self._parts.restore(state.get("parts", ()))
        self._halves.restore(state.get("halves", ()))


def _flagged(delivery: Delivery, account: str, kind: str) -> Flagged:
    return Flagged(delivery.position, account, kind, to_micros(delivery.received_at), 0, 0, (), (), ())


def _as_it_came(delivery: Delivery, redrives: Redrive) -> Delivery:
    return Delivery(delivery.topic, delivery.payload, redrives.received_at, delivery.position)


def _moving(
    outcome: Outcome, redrives: Redrive, superseded: Sequence[str] = (), brought: Sequence[str] = ()
) -> Outcome:
    again = (redrives.position, redrives.parameters, superseded, brought)
    return outcome._replace(flagged=outcome.flagged._replace(redrives=again))


def _rejected(delivery: Delivery, kind: str, rejections: Sequence[Rejection]) -> Outcome:
    account = rejections[0].station if rejections else UNKNOWN_STATION
    received = sum(r.count for r in rejections)
    flagged = _flagged(delivery, account, kind)._replace(received=received, refusals=_refusals(rejections))
    return Outcome([], flagged)


def _refusals(rejections: Sequence[Rejection]) -> Sequence[Refusal]:
    return [(r.reason.value, r.detail, r.parameter, r.count) for r in rejections]
