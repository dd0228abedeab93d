"""The stations' pages."""

from zoneinfo import ZoneInfo

from alerts.console.language import Language
from alerts.console.phrases import Voice
from alerts.console.views.network import PAST, drawings, network
from tests.support.console import NOW, FakeObservations, a_history

VOICE = Voice(language=Language.EN, zone=ZoneInfo("Asia/Shanghai"), now=NOW)


def test_network_puts_silent_stations_first() -> None:
    """In the table of their kind."""
    air = network(FakeObservations(), VOICE)[0]
    assert (air.kind, air.total, air.silent) == ("air", 3, 1)
    assert air.rows[0].state.place.id == "air-03"


def test_network_prints_values_with_units_and_decimals() -> None:
    """As the catalogue has them."""
    source = network(FakeObservations(), VOICE)[1]
    figure = source.rows[0].figures[0]
    assert (figure.parameter, figure.value, figure.unit, figure.flag) == ("Ammonia nitrogen", "1.873", "mg/L", 3)


def test_network_shortens_a_table_nobody_could_read() -> None:
    """Ten thousand stations are not a page; the count says so."""
    observations = FakeObservations()
    observations.states = observations.states[:1] * 501
    table = network(observations, VOICE)[0]
    assert (table.total, len(table.rows), table.shortened) == (501, 500, True)


def test_drawings_carry_the_permit_of_an_outfall() -> None:
    """Only for the parameters it limits."""
    observations = FakeObservations()
    outfall = next(state for state in observations.states if state.place.id == "out-02")
    histories = {name: a_history(name, NOW - PAST, NOW) for name in ("cod", "ph")}
    cod, ph = drawings(outfall, histories, NOW, observations, VOICE)
    assert cod.curve.limit is not None
    assert ph.curve.limit is None
