"""The statements dashboards ask InfluxDB, with Grafana's own placeholders. Pure.

Whatever a name holds, it is quoted; stations are matched by patterns that variables fill in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from alerts.chronicle import Record
from ingest.influxql import identifier, literal
from ingest.model import Flag, Kind

IN_RANGE = "$timeFilter"
AREA = '"station" =~ /^(${area:raw})$/'  # a pattern of its stations; of all areas whatever has a history
KIND = '"kind" =~ /^(${kind:raw})$/'
SCOPE = f"{AREA} AND {KIND}"  # measurements `warning` and `station` have the kind as a tag
STATION = '"station" =~ /^(${station:regex})$/'
REAL = "\"drill\" = 'false'"
_ACTS = f'"record" = {literal(Record.ACT)}'
_PAIR = '"rule", "station"'


def accepted(parameter: str) -> str:
    """Values that are not doubtful."""
    return f"{identifier(parameter + '_flag')} <= {Flag.UNCHECKED.value}"


def doubtful(parameter: str) -> str:
    """Values that are, or have failed."""
    return f"{identifier(parameter + '_flag')} >= {Flag.SUSPECT.value}"


def among(ids: Iterable[str]) -> str:
    """Any of these stations, and no other."""
    return f'"station" =~ /^({"|".join(re.escape(one) for one in ids)})$/'


def where(*conditions: str) -> str:
    """All of them."""
    return " AND ".join(one for one in conditions if one)


def curve(
    kind: Kind | str,
    what: str,
    *conditions: str,
    every: str = "$__interval",
    by: str = '"station"',
    fill: str = "null",
) -> str:
    """Values over time, a series for each of `by`; `what` is aggregated over `every`."""
    groups = ", ".join(one for one in (f"time({every})", by) if one)
    return f"SELECT {what} FROM {measurement(kind)} WHERE {where(IN_RANGE, *conditions)} GROUP BY {groups} fill({fill})"  # noqa: S608  # names are quoted


def latest(kind: Kind | str, what: str, *conditions: str, by: str = '"station"') -> str:
    """The newest, however old it is: what stands does not end with the range that is looked at."""
    groups = f" GROUP BY {by}" if by else ""
    given = f" WHERE {where(*conditions)}" if conditions else ""
    return f"SELECT {what} FROM {measurement(kind)}{given}{groups}"  # noqa: S608  # names are quoted


def rows(kind: Kind | str, what: str, *conditions: str, by: str = "", most: int = 500) -> str:
    """Points of the range as they are, the newest first."""
    groups = f" GROUP BY {by}" if by else ""
    given = where(IN_RANGE, *conditions)
    return f"SELECT {what} FROM {measurement(kind)} WHERE {given}{groups} ORDER BY time DESC LIMIT {most}"  # noqa: S608  # names are quoted


def how_many(of: str, field: str, condition: str) -> str:
    """How many rows of a statement are so: 0 where there are some and none is, nothing where there are none."""
    so = f'SELECT count("{field}") AS "n" FROM ({of}) WHERE "{field}" {condition}'  # noqa: S608  # our own words
    none = f'SELECT count("{field}") * 0 AS "n" FROM ({of})'  # noqa: S608  # our own words
    return f'SELECT sum("n") AS "n" FROM ({so}), ({none})'  # noqa: S608  # our own words


def count_remarks(given: str, which: str) -> str:
    """How many remarks on readings: 0 where there are summaries of hours and none, nothing where there are neither."""
    some = f'SELECT count("flag") AS "n" FROM "quality" WHERE {where(IN_RANGE, given, which)}'  # noqa: S608  # our own words
    none = f'SELECT count("completeness") * 0 AS "n" FROM "quality" WHERE {where(IN_RANGE, given)}'  # noqa: S608  # our own words
    return f'SELECT sum("n") AS "n" FROM ({some}), ({none})'  # noqa: S608  # our own words


def share_of(of: str, field: str, condition: str, otherwise: str) -> str:
    """Which share of the rows of a statement is so, 0 to 1; `otherwise` is the opposite."""
    so = f'SELECT "{field}" * 0 + 1 AS "so" FROM ({of}) WHERE "{field}" {condition}'  # noqa: S608  # our own words
    none = f'SELECT "{field}" * 0 AS "so" FROM ({of}) WHERE "{field}" {otherwise}'  # noqa: S608  # our own words
    return f'SELECT mean("so") AS "so" FROM ({so}), ({none})'  # noqa: S608  # our own words


def measurement(kind: Kind | str) -> str:
    """One, or several with a comma between."""
    return ", ".join(identifier(one.strip()) for one in str(kind).split(","))


def standing(what: str, *fields: str, then: str = "", given: str = "", by: str = "") -> str:
    """How warnings stand: `what` of the newest event of each rule and subject, which alone says so.

    `fields` are of the same event; `then` and `given` are conditions on it and on where to look.
    """
    inner = ", ".join((f'last("{what}") AS "{what}"', *(f'"{field}"' for field in fields)))
    of = f'SELECT {inner} FROM "warning" WHERE {where(_ACTS, REAL, given)} GROUP BY {_PAIR}'  # noqa: S608  # our own words
    return f"({of}){f' WHERE {then}' if then else ''}{f' GROUP BY {by}' if by else ''}"


def why(language: str) -> str:
    """The field that says why, in that language."""
    return "why_zh" if language == "zh" else "why"


def open_now(given: str = AREA, language: str = "zh") -> str:
    """A row for each open warning: how grave, what, where, since when, and its page."""
    fields = ("rank", "state", language, why(language), "url", "raised", "unanswered")
    said = f'"{language}" AS "what", "{why(language)}" AS "why"'
    shown = f'"rank", {said}, "raised" / 1000 AS "raised", "state", "unanswered", "url"'
    of = standing("open", *fields, then='"open" = 1', given=given, by=_PAIR)
    return f"SELECT {shown} FROM {of}"  # noqa: S608  # our own words


def count_open(level: str, given: str = AREA) -> str:
    """How many are open at that level; 0 where there are events and none is."""
    return f'SELECT sum("open_{level}") AS "open" FROM {standing(f"open_{level}", given=given)}'  # noqa: S608  # our own words


def unanswered(given: str = AREA) -> str:
    """How many nobody has acknowledged."""
    return f'SELECT sum("unanswered") AS "open" FROM {standing("unanswered", given=given)}'  # noqa: S608  # our own words


def oldest_unanswered(given: str = AREA) -> str:
    """When the oldest of them was raised, in milliseconds."""
    of = standing("unanswered", "raised", then='"unanswered" = 1', given=given)
    return f'SELECT min("raised") / 1000 AS "raised" FROM {of}'  # noqa: S608  # our own words


def events(language: str, given: str = AREA) -> str:
    """What was done about warnings, as marks on every curve."""
    return rows("warning", f'"{language}" AS "text", "level", "act"', _ACTS, REAL, given)


def stations(language: str) -> str:
    """Names of the stations of the kind that is chosen, each with its id in brackets behind it."""
    of = latest("station", f'last("rank") AS "rank", "{language}" AS "named"', KIND)
    return f'SELECT "named" FROM ({of})'  # noqa: S608  # our own words
