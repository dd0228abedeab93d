"""A bigger district: more stations like those there are. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.catalog import Catalog, Name, Station


def scaled(catalog: Catalog, count: int) -> Catalog:
    """`count` stations: the first of the catalogue as they are, then copies in turn, named `<id>-x<number>`."""
    # Not `model_copy`: it would carry over the look-ups the catalogue has already worked out.
    return Catalog(parameters=catalog.parameters, areas=catalog.areas, stations=tuple(_stations(catalog, count)))


def _stations(catalog: Catalog, count: int) -> Iterator[Station]:
    originals = catalog.stations
    for number in range(count):
        model = originals[number % len(originals)]
        turn = number // len(originals)
        if turn == 0:
            yield model
            continue
        yield model.model_copy(
            update={
                "id": f"{model.id}-x{turn:04d}",
                "name": Name(zh=f"{model.name.zh} {turn}", en=f"{model.name.en} {turn}"),
                "mn": None,  # a copy has no device of its own
                "role": "",  # a copy guards no intake
                "upstream_of": None,
                "distance_km": None,
            }
        )
