"""Files of outfalls and water sources, drawn by hypothesis: names with quotes, commas, bars, line ends and emoji."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from hypothesis import strategies as st
from pydantic import BaseModel

from ingest.catalog import Limit, Monitor, Name, Outfall, OutfallKind, Velocity, WaterSource, Zone
from ingest.catalog.outfall import Discharge, Inspection, Measure, Permit, Receiving, Responsible, TracedSource
from ingest.catalog.water_source import ProtectionZone

Model = TypeVar("Model", bound=BaseModel)

AWKWARD = [
    *(
        "\"a\", 'b'",
        "第一行\n第二行",
        "a|b\\|c\\",
        "🐟🌊",
        "=1+1",
        " blank ",
        "\r\n",
        "\\n",
        "\t",
        "a\x85b",
        "a\u2028b",
    ),
    *("#x", "- y", "null", "1e5", "2024-01-01", "yes"),
]
TEXTS = st.one_of(st.sampled_from(AWKWARD), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12))
CODES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"], exclude_characters="|"), min_size=1)
STATIONS = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,9}\Z")
AMOUNTS = st.floats(1e-9, 1e12)
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))


def of(model: type[Model], needed: dict[str, Any], **optional: Any) -> st.SearchStrategy[Model]:
    """The model with what it needs, and with some of the rest."""
    return st.fixed_dictionaries(needed, optional=optional).map(model.model_validate)


def few(one: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(one, max_size=3).map(tuple)


def limits() -> st.SearchStrategy[Any]:
    limit = of(Limit, {"day": AMOUNTS}, hour=AMOUNTS, cold_day=AMOUNTS)
    return st.dictionaries(st.from_regex(r"\A[a-z][a-z0-9_]{0,6}\Z"), limit, max_size=3)


NAMES = of(Name, {"zh": TEXTS, "en": TEXTS})
OUTFALLS = of(
    Outfall,
    {"code": CODES.filter(lambda code: len(code) <= 64), "name": NAMES, "kind": st.sampled_from(OutfallKind)},
    category=TEXTS,
    lon=st.floats(-180, 180),
    lat=st.floats(-90, 90),
    receiving=of(
        Receiving,
        {"into": st.sampled_from(["river", "sea"]), "water": NAMES},
        functional_zone=TEXTS,
        target_class=st.sampled_from(["II", "V", "2"]),
        protection_zone=st.sampled_from(Zone),
    ),
    responsible=of(Responsible, {"name": TEXTS}, uscc=st.from_regex(r"\A[0-9A-Z]{18}\Z"), person=TEXTS, phone=TEXTS),
    permit=of(Permit, {"number": TEXTS, "limits": limits()}, issued=DAYS),
    approval=TEXTS,
    sign=st.sampled_from(["up", "missing"]),
    discharge=of(
        Discharge,
        {},
        pattern=st.sampled_from(["continuous", "tidal"]),
        pipe=TEXTS,
        design_m3_per_day=AMOUNTS,
        standard=TEXTS,
        grade=TEXTS,
    ),
    stations=few(STATIONS),
    sources=few(of(TracedSource, {"name": TEXTS}, kind=TEXTS, measure=TEXTS)),
    measures=few(of(Measure, {"kind": st.sampled_from(["banned", "standardised"])}, due=DAYS, note=TEXTS)),
    inspections=few(of(Inspection, {"day": DAYS, "kind": st.just("survey"), "result": TEXTS}, by=TEXTS)),
)


@st.composite
def water_sources(draw: st.DrawFn) -> WaterSource:
    """Each of its stations is named once."""
    stations = draw(st.lists(STATIONS, min_size=1, max_size=6, unique=True))
    velocity = st.none() | st.floats(0.01, 5).map(lambda slow: Velocity(slow=slow, fast=2 * slow))
    return WaterSource(
        code=draw(CODES.filter(lambda code: len(code) <= 64)),
        name=draw(NAMES),
        body=draw(st.sampled_from(["river", "lake", "reservoir", "groundwater"])),
        setting=draw(st.sampled_from(["urban", "rural"])),
        people=draw(st.none() | st.integers(1, 10**8)),
        zones=draw(few(of(ProtectionZone, {"grade": st.just("primary"), "extent": TEXTS}, area_km2=AMOUNTS))),
        intake=stations[0],
        stations=tuple(stations[1:3]),
        monitors=tuple(
            Monitor(
                station=station, distance_km=draw(AMOUNTS), zone=draw(st.sampled_from(Zone)), velocity=draw(velocity)
            )
            for station in stations[3:]
        ),
    )
