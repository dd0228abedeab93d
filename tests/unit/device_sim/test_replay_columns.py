"""Which column is which parameter, and how its cells become numbers."""

from __future__ import annotations

import pytest

from device_sim.errors import ReplayError
from device_sim.replay.columns import FileColumns, parse_override, understand
from tests.support.district import catalog_of

PARAMETERS = catalog_of().parameters


def of(header: str, *overrides: str) -> FileColumns:
    return understand(
        header.split(","), file="f.csv", parameters=PARAMETERS, overrides=[parse_override(text) for text in overrides]
    )


def converted(header: str, cell: str, *overrides: str) -> tuple[str, float]:
    (column,) = of(f"time,station,{header}", *overrides).columns
    return column.parameter, column.convert(cell)


@pytest.mark.parametrize(
    ("column", "cell", "parameter", "value"),
    [
        ("pm2_5", "83", "pm2_5", 83.0),
        ("pm2_5_ugm3", "83", "pm2_5", 83.0),
        ("PM2.5", "83", "pm2_5", 83.0),
        ("co_ugm3", "1900", "co", 1.9),
        ("co_mgm3", "1.9", "co", 1.9),
        ("so2_ngm3", "4100", "so2", 4.1),
        ("temp_c", "2.9", "temp", 2.9),
        ("temp_f", "212", "temp", 100.0),
        ("temp_k", "273.15", "temp", 0.0),
        ("pres_kpa", "101.32", "pressure", 1013.2),
        ("pres_hpa", "1013.2", "pressure", 1013.2),
        ("wind_ms", "1.1", "wind_speed", 1.1),
        ("wind_dir", "NNE", "wind_dir", 22.5),
        ("wind_dir", "270", "wind_dir", 270.0),
        ("do_mgl", "7.1", "do", 7.1),
        ("nh3_n_ugl", "150", "nh3_n", 0.15),
        ("cond_mscm", "0.3", "cond", 300.0),
        ("cond_uscm", "300", "cond", 300.0),
        ("turb_ntu", "0.011", "turb", 0.011),
        ("flow_m3h", "1800", "flow", 500.0),
        ("ph", "7.31", "ph", 7.31),
    ],
)
def test_column_is_understood_and_converted_exactly(column: str, cell: str, parameter: str, value: float) -> None:
    """To the catalogue's unit, with no error but the last rounding."""
    assert converted(column, cell) == (parameter, value)


def test_override_names_parameter_and_unit() -> None:
    """`--map` says what a name does not."""
    assert converted("ammonia", "250", "ammonia=nh3_n:ug/L") == ("nh3_n", 0.25)
    assert converted("effluent_mgd", "1", "effluent_mgd=flow")[1] == pytest.approx(43.8126, abs=1e-4)
    assert converted("effluent_now", "1", "effluent_now=flow") == ("flow", 1.0)
    assert converted("carbon", "2", "carbon=co:mg/m3") == ("co", 2.0)


def test_columns_that_map_to_nothing_are_named_with_the_reason() -> None:
    """Unknown parameters, wrong units, second columns for the same thing."""
    found = of("time,station,pm2_5,dewp_c,turb_ntu,turb,ph_qualifier", "turb=turb", "turb_ntu=")
    assert [column.name for column in found.columns] == ["pm2_5", "turb"]
    assert set(found.left_out) == {"dewp_c", "turb_ntu", "ph_qualifier"}
    assert of("time,temp_c,temp").left_out == {"temp": "temp_c is temp already"}
    assert of("time,temp_c,temp", "temp=temp").left_out == {"temp_c": "temp is temp"}
    assert "not convertible" in of("time,ph,co_mgl").left_out["co_mgl"]


@pytest.mark.parametrize(
    ("header", "overrides", "says"),
    [
        ("station,pm2_5", [], "--map COLUMN=time"),
        ("time,station,dewp_c", [], "--map COLUMN=PARAMETER"),
        ("time,pm2_5", ["pm10=pm10"], "names no column"),
        ("time,pm2_5", ["pm2_5"], "want column=parameter"),
    ],
)
def test_file_that_cannot_be_understood_says_the_way_out(header: str, overrides: list[str], says: str) -> None:
    """An error is a hint."""
    with pytest.raises(ReplayError, match=says):
        of(header, *overrides)


def test_time_and_station_columns_may_be_named() -> None:
    """By `--map`, or found by their usual names in any case."""
    found = of("When,Where,pm2_5", "When=time", "Where=station")
    assert (found.time, found.station) == (0, 1)
    found = of("pm2_5,Station,Timestamp")
    assert (found.time, found.station) == (2, 1)


@pytest.mark.parametrize("cell", ["abc", "1/2", "1,5", "--", "0x10"])
def test_cell_that_is_no_number_is_an_error(cell: str) -> None:
    """With and without conversion alike."""
    for column in ("co_ugm3", "co_mgm3"):
        with pytest.raises(ValueError, match=r"."):
            converted(column, cell)


def test_cell_with_an_absurd_exponent_costs_nothing() -> None:
    """It is zero or infinite, and not a fraction of a billion digits."""
    assert converted("co_ugm3", "1e-999999999") == ("co", 0.0)
    assert converted("co_ugm3", "1e999999999") == ("co", float("inf"))
