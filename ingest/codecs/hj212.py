"""HJ 212 (editions 2017, 2005 in part, 2025 as far as it is known): one frame -> report. Pure; `decode` never raises.

Maps: `hj212_crc` the checksum, `hj212_frame` the frame and its header, `hj212_factors` what stands in CP,
`hj212_stream` frames out of a stream, `hj212_answer` what is answered. The report's station is the MN and its
parameters are factor codes in the device's units; `ingest.dialect` puts both into our words by the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from ingest.codecs import hj212_factors as factors
from ingest.codecs.hj212_crc import Checksum
from ingest.codecs.hj212_frame import Edition, Frame, parse
from ingest.codecs.report import MINUTES, Coded, Malformed, Moment, Part, Report
from ingest.model import Period, Reason


class Command(StrEnum):
    """Commands that carry what was measured or how machines are (table 6)."""

    REAL_TIME = "2011"
    MACHINES = "2021"
    DAY = "2031"
    MACHINE_DAY = "2041"
    MINUTE = "2051"
    HOUR = "2061"


_PERIODS: Mapping[str, str] = {
    Command.REAL_TIME: Period.INSTANT.value,
    Command.MINUTE: MINUTES,
    Command.HOUR: Period.HOUR.value,
    Command.DAY: Period.DAY.value,
}
_MACHINES = frozenset({Command.MACHINES, Command.MACHINE_DAY})
# Table 6 without the above, and what is known of edition 2025: frames that bring no reading and are none the worse.
_OTHERS = frozenset(
    [
        *("1000", "1011", "1012", "1013", "1061", "1062", "1063", "1064", "1072", "2012", "2022", "2081"),
        *("3011", "3012", "3013", "3014", "3015", "3016", "3017", "3018", "3019", "3020", "3021"),
        *("9011", "9012", "9013", "9014", "9015"),
    ]
)


def decode(payload: bytes) -> Report | Malformed:
    """The report in that frame, or why there is none. Which checksum it carries stands in `coded`."""
    kind = Checksum.HJ212
    frame = parse(payload)
    if isinstance(frame, Malformed) and frame.reason is Reason.CRC:
        old = parse(payload, Checksum.MODBUS)  # the station's entry says whether its device may
        if isinstance(old, Frame):
            frame, kind = old, Checksum.MODBUS
    return frame if isinstance(frame, Malformed) else report(frame, kind)


def report(frame: Frame, kind: Checksum = Checksum.HJ212) -> Report | Malformed:
    """What a frame says."""
    period = _PERIODS.get(frame.cn)
    if period is None and frame.cn not in _MACHINES and frame.cn not in _OTHERS:
        return Malformed(Reason.UNSUPPORTED, f"command {frame.cn} is not known here")
    if period is None and frame.cn in _OTHERS:
        return Report(frame.mn, (), (), Coded(kind.value))
    if period is None:
        return _of_machines(frame, kind)
    wanted = "Rtd" if frame.cn == Command.REAL_TIME else "Avg"
    simple = factors.simple(frame.cp, wanted)
    if simple is not None:
        return _measured(frame, *simple, period, kind)
    content = factors.read(frame.cp, frame.st)
    if isinstance(content, Malformed):
        return content
    return _measured(frame, content.fields.get("DataTime"), factors.values(content, wanted), period, kind)


def _of_machines(frame: Frame, kind: Checksum) -> Report | Malformed:
    content = factors.read(frame.cp, frame.st)
    if isinstance(content, Malformed):
        return content
    return Report(frame.mn, (), (*content.refused.values(),), Coded(kind.value, None, factors.told(content.factors)))


def _measured(
    frame: Frame, written: str | None, found: factors.Values, period: str, kind: Checksum
) -> Report | Malformed:
    part = None
    if frame.pnum is not None and frame.pno is not None and frame.pnum > 1:
        part = Part(frame.cn, frame.pnum, frame.pno)
    time = None if written is None else factors.data_time(written)
    if time is None and written is not None:
        return Malformed(Reason.SYNTAX, f"DataTime {written[:40]!r} is no time")
    if time is None and found.values and part is None:
        return Malformed(Reason.SYNTAX, "no DataTime")
    moment = Moment(time, period, found.values, found.marks, found.times)
    moments = (moment,) if found.values or (part is not None and time is not None) else ()
    said = factors.told(found.machines) if found.machines else ""
    return Report(frame.mn, moments, tuple(found.refused), Coded(kind.value, part, said))


__all__ = ["Command", "Edition", "decode", "report"]
