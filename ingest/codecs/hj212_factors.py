"""What stands in CP: the time, the factors with their values and marks, the state of machines. Pure.

`DataTime=...;w01018-Avg=40.1,w01018-Flag=N;...` (HJ 212-2017 6.3.3, annexes B and C). Lenient, as the standard's own
examples are not free of slips: blanks round names and values, a comma where a semicolon belongs, a factor split over
two items, `01018` without its letter. What is wrong with one factor costs that factor alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from math import isfinite, isinf, nan
from typing import NamedTuple

from ingest.codecs.report import Malformed, Refused
from ingest.model import Reason

MARKS = frozenset("NFMSDCTB")  # table 9, data_flag
_MACHINES = frozenset({"RS", "RT", "SN", "Info"})  # suffixes that speak of machines, not of what is measured
_ODD_NUMBER = re.compile(r"_|[^\x00-\x7f]")  # what Python reads as digits and no device means so
_BLANKS = re.compile(r"\s*([;,=])\s*")
# Systems of table 5 by the letter of their factors: w water, a air; for codes that have lost it.
_LETTERS = {**dict.fromkeys(("21", "24", "26", "32", "33", "34", "52"), "w")}
_LETTERS |= dict.fromkeys(("22", "27", "31", "39", "51"), "a")
_SIMPLE_TIME = re.compile(r"DataTime=([0-9]+);")
_SIMPLE = {
    wanted: re.compile(rf";([A-Za-z][0-9]{{5}})-{wanted}=(-?[0-9]{{1,15}}(?:\.[0-9]{{1,15}})?),\1-Flag=N(?![^;])")
    for wanted in ("Rtd", "Avg")
}
_BARE = 5  # digits of a code without its letter
_SHOWN = 40  # characters of what a device wrote that are shown


class Content(NamedTuple):
    """CP taken apart. `factors`: code -> what follows the dash -> text; `fields`: what has no dash."""

    fields: Mapping[str, str]
    factors: Mapping[str, Mapping[str, str]]
    refused: Mapping[str, Refused]  # by code
    odd: bool  # holds what Python reads as part of a number and no device means so


class Values(NamedTuple):
    """The values of factors; a mark is there where it is not N, a time where the sample has its own."""

    values: dict[str, float | None]
    marks: dict[str, str]
    times: dict[str, datetime]
    refused: list[Refused]
    machines: dict[str, Mapping[str, str]]  # what is no factor: the state of a machine


def read(cp: str, st: str) -> Content | Malformed:
    """CP of a frame of that system. Never raises."""
    if " " in cp:
        cp = _BLANKS.sub(r"\1", cp.strip())
    fields: dict[str, str] = {}
    factors: dict[str, dict[str, str]] = {}
    refused: dict[str, Refused] = {}
    for item in cp.replace(";", ",").split(","):
        name, equals, value = item.partition("=")
        code, dash, suffix = name.partition("-")
        if len(code) == _BARE and code.isdecimal():
            code = _LETTERS.get(st, "") + code
        if not dash:
            if equals and name not in fields:
                fields[name] = value
            elif equals:
                return Malformed(Reason.REPEATED_KEY, f"{name[:_SHOWN]} stands in CP twice")
            elif item:
                refused[item] = Refused(item[:_SHOWN], Reason.SYNTAX, "neither a field nor a factor")
        elif code not in factors:
            factors[code] = {suffix: value}
        elif suffix in factors[code]:
            refused[code] = Refused(code[:_SHOWN], Reason.REPEATED_KEY, f"{name[:_SHOWN]} stands in CP twice")
        else:
            factors[code][suffix] = value
    return Content(fields, factors, refused, "_" in cp or not cp.isascii())


def simple(cp: str, wanted: str) -> tuple[str, Values] | None:
    """DataTime and values of a CP in which each factor is that one value with its mark N; None where it is another.

    What `read` and `values` give, at a third of the cost: this is what most devices send most of the time.
    """
    time = _SIMPLE_TIME.match(cp)
    found = _SIMPLE[wanted].findall(cp)
    if time is None or not len(found) == cp.count(";") == cp.count(","):
        return None  # more stands there than was found
    known: dict[str, float | None] = {code: float(text) for code, text in found}
    return (time[1], Values(known, {}, {}, [], {})) if len(known) == len(found) else None


def data_time(text: str) -> datetime | None:
    """`YYYYMMDDhhmmss`, by the clock on the wall; some devices write milliseconds behind it. None where it is none."""
    if len(text) not in {14, 17} or not text.isdecimal() or not text.isascii():
        return None
    try:
        return datetime.fromisoformat(f"{text[:8]}T{text[8:14]}")
    except ValueError:
        return None


def values(content: Content, wanted: str) -> Values:
    """Of each factor what has that suffix (`Rtd`, `Avg`), or `Rtd` where there is none; None where it says nothing."""
    found, marks, times, refused, machines = Values({}, {}, {}, [*content.refused.values()], {})
    for code, said in content.factors.items():
        text = said.get(wanted) or said.get("Rtd", "")
        if not text and _MACHINES.issuperset(said):
            machines[code] = said
            continue
        if code in content.refused:
            continue
        mark = said.get("Flag", "N")
        try:
            value = float(text) if text else None
        except ValueError:
            value = nan
        if value is not None and (not isfinite(value) or (content.odd and _ODD_NUMBER.search(text))):
            refused.append(_no_number(code, text, value))
        elif mark != "N" and mark.upper() not in MARKS:
            refused.append(Refused(code[:_SHOWN], Reason.BAD_MARK, f"Flag {mark[:_SHOWN]!r} is no mark of HJ 212"))
        elif "SampleTime" in said and (sampled := data_time(said["SampleTime"])) is None:
            detail = f"SampleTime {said['SampleTime'][:_SHOWN]!r} is no time"
            refused.append(Refused(code[:_SHOWN], Reason.WRONG_SHAPE, detail))
        else:
            found[code] = value
            if mark != "N":
                marks[code] = mark.upper()
            if "SampleTime" in said and sampled is not None:
                times[code] = sampled
    return Values(found, marks, times, refused, machines)


def told(machines: Mapping[str, Mapping[str, str]]) -> str:
    """`SB1-RS=1, SB2-RS=0`: what is said of machines, as it came."""
    return ", ".join(f"{code}-{suffix}={text}" for code, said in machines.items() for suffix, text in said.items())


def _no_number(code: str, text: str, read: float) -> Refused:
    """Why it is none: one that is infinite is told apart from text."""
    infinite = isinf(read) or text.strip(" +-").lower() == "nan"
    reason = Reason.NOT_FINITE if infinite else Reason.WRONG_SHAPE
    return Refused(code[:_SHOWN], reason, f"{text[:_SHOWN]!r} is no number")
