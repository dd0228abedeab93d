"""A bigger district: more stations like those there are. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.catalog import Catalog, Name, Outfall, Station


def scaled(catalog: Catalog, count: int) -> Catalog:
    """`count` stations: the first of the catalogue as they are, then copies in turn, named `<id>-x<number>`."""
    # Not `model_copy`: it would carry over the look-ups the catalogue has already worked out.
    stations = tuple(_stations(catalog, count))
    return Catalog(
        parameters=catalog.parameters,
        areas=catalog.areas,
        stations=stations,
        outfalls=tuple(_outfalls(catalog, stations)),
        water_sources=catalog.water_sources,
    )


def _outfalls(catalog: Catalog, stations: tuple[Station, ...]) -> Iterator[Outfall]:
    """One for each station that has or copies one's: a copy discharges under its original's permit."""
    for station in stations:
        outfall = catalog.outfall_of.get(station.id.partition("-x")[0])
        if outfall is not None:
            turn = station.id.partition("-x")[2]
            code = f"{outfall.code}-x{turn}" if turn else outfall.code
            yield outfall.model_copy(update={"code": code, "stations": (station.id,)})


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
            }
        )
