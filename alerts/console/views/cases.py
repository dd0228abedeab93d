"""The cases' page: which days of which outfalls were above what they may discharge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alerts.console.language import Language
from alerts.console.phrases import Voice, number
from alerts.console.sentences import unit
from alerts.console.views.naming import parameter_name, place_name
from alerts.model import Place
from alerts.ports import Observations
from alerts.views import CaseView
from alerts.windows import MILLION

_PERMIT = "permit "


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One case, its amounts as they are printed."""

    view: CaseView
    place: str
    parameter: str
    measured: str
    limit: str
    unit: str
    times: str  # the limit; empty where one of them is not known
    load: str  # kg
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTable:
    """`place` is the name of the one station they are of; empty for all."""

    rows: tuple[CaseRow, ...]
    place: str


def case_table(
    views: Sequence[CaseView], *, station: str | None, observations: Observations, voice: Voice
) -> CaseTable:
    """In the order given."""
    places: Mapping[str, Place] = {state.place.id: state.place for state in observations.stations()}
    return CaseTable(
        rows=tuple(_row(view, places, observations, voice) for view in views),
        place=place_name(places.get(station), station, voice.language) if station else "",
    )


def _row(view: CaseView, places: Mapping[str, Place], observations: Observations, voice: Voice) -> CaseRow:
    case = view.case
    _, _, unit_name, decimals = observations.parameter(case.parameter)
    measured = None if case.value is None else case.value / MILLION
    times = None if measured is None or not case.limit else measured * MILLION / case.limit
    return CaseRow(
        view=view,
        place=place_name(places.get(case.station), case.station, voice.language),
        parameter=parameter_name(observations, case.parameter, voice.language),
        measured=number(measured, decimals),
        limit=number(case.limit / MILLION if case.limit else None, decimals),
        unit=unit(unit_name),
        times="" if times is None else number(times, 2),
        load=number(None if case.load is None else case.load / MILLION, 1),
        basis=_basis(case.basis, voice),
    )


def _basis(basis: str, voice: Voice) -> str:
    """A permit by its number; a standard by its own name."""
    if voice.language is Language.ZH and basis.startswith(_PERMIT):
        return f"{voice.text('cases.permit')} {basis.removeprefix(_PERMIT)}".rstrip()
    return basis
