"""How a station's device speaks HJ 212, where it is not as the standard and `parameters.yaml` have it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Literal

from pydantic import Field

from ingest.catalog.entry import Entry
from ingest.catalog.parameter import FactorCode, Parameter
from ingest.units import conversion

MN = r"^[0-9A-Za-z_-]{14,24}$"  # 24 of 0-9 A-F in HJ 212-2017, 14 before; devices carry what they were given


class Device(Entry):
    """Settings of one device."""

    checksum: Literal["hj212", "modbus"] = "hj212"  # old devices send CRC-16/MODBUS; never both are taken
    minutes: Literal["1m", "5m", "10m"] = "10m"  # what a minute datum (2051) spans: the frame does not say it
    codes: Mapping[FactorCode, str] = Field(default_factory=dict)  # its maker's, or of 2005: code -> parameter
    units: Mapping[FactorCode, str] = Field(default_factory=dict)  # code -> unit it sends, where not the parameter's

    def misfits(
        self, measured: Collection[str], parameters: Mapping[str, Parameter]
    ) -> Iterator[tuple[tuple[str, str], str]]:
        """What does not fit the parameters that its station measures: keys and message."""
        known = {code: name for name, parameter in parameters.items() for code in parameter.hj212} | dict(self.codes)
        for code, name in self.codes.items():
            if name not in measured:
                yield ("codes", code), f"the station does not measure {name!r}"
        for code, unit in self.units.items():
            parameter = parameters.get(known.get(code, ""))
            if parameter is None:
                yield ("units", code), f"no parameter has the code {code!r}"
            elif conversion(unit, parameter.unit) is None:
                yield ("units", code), f"{unit!r} cannot be turned into {parameter.unit!r}, the unit of {known[code]!r}"
