"""The bench itself, at its smallest: it measures what it says."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator

import pytest

from ingest.model import Delivery, Flag
from ingest.walk import Walk
from tests.bench import air, pure
from tests.bench.__main__ import _written
from tests.bench.figures import Figure, Size, document, markdown
from tests.bench.network import START, Network


@pytest.fixture
def own_collector() -> Iterator[None]:
    """The measurement sets Python's collector as the service does; other tests have their own."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_network_sends_six_good_readings_a_message() -> None:
    """Everything it sends is known to the catalogue and passes."""
    network = Network(6)
    walk = Walk(catalog=network.catalog)
    for instant, batch in network.messages(START, 3):
        for topic, payload in batch:
            outcome = walk.take(Delivery(topic, payload, instant, 1))
            assert [reading.flag for reading in outcome.readings] == [Flag.PASS] * 6


@pytest.mark.usefixtures("own_collector")
def test_pure_part_is_measured_step_by_step() -> None:
    """Every message counts, every step takes time."""
    network = Network(3)
    spent = pure.spend(network, 40)
    assert spent.messages == 2 * network.an_hour
    assert min(spent.decode, spent.walk, spent.fleet, spent.indices, spent.evaluate) > 0


@pytest.mark.usefixtures("own_collector")
def test_air_windows_are_measured() -> None:
    """Time for each reading, with indices more than without."""
    assert air.cost("1h", 26) > air.cost("1h", 26, alone=True) > 0


def test_figures_are_written_for_people_and_programs() -> None:
    """As Markdown and as JSON."""
    figure = Figure(group="whole path", name="messages", value=12345.6, unit="1/s", aim="> 10 000")
    assert "| whole path | messages | 12 346 | 1/s | > 10 000 |" in markdown([figure])
    assert json.loads(json.dumps(document([figure], Size.QUICK)))["figures"][0]["value"] == 12345.6


def test_results_of_other_measurements_stay_as_they_were() -> None:
    """A section each, in the order in which they are taken."""
    one, two = (Figure(group="whole path", name="messages", value=value, unit="1/s") for value in (1.0, 2.0))
    first = _written("", {"restart": [one], "path": [one]}, Size.FULL)
    assert _written(first, {}, Size.FULL) == first
    again = _written(first, {"restart": [two]}, Size.FULL)
    assert [line for line in again.splitlines() if line.startswith(("## ", "| whole"))] == [
        "## path",
        "| whole path | messages | 1.00 | 1/s |  |",
        "## restart",
        "| whole path | messages | 2.00 | 1/s |  |",
    ]
