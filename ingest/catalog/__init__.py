"""The catalogue: which stations and parameters there are, and what is known of each.

Pure: models of `config/parameters.yaml`, `config/areas.yaml` and `config/stations/*.yaml`, and look-ups over them.
Reading files is `settings`' task. Limits that come from no standard carry that remark in the YAML.

- `entry`: what entries are made of; `parameter`, `station`, `device` (how it speaks HJ 212),
  `outfall`, `water_source`: one noun each
- `catalog`: all of it, checked against itself; `gaps`: what files lack; `cells`, `table`: files as CSV
"""

from __future__ import annotations

from ingest.catalog.catalog import Catalog
from ingest.catalog.device import Device
from ingest.catalog.entry import Name, duration
from ingest.catalog.outfall import Limit, Outfall, OutfallKind, Zone
from ingest.catalog.parameter import Drift, Flat, Jump, NearLimit, Parameter, Part, Repeat, Spike
from ingest.catalog.station import Area, Station
from ingest.catalog.water_source import Monitor, Velocity, WaterSource

__all__ = [
    "Area",
    "Catalog",
    "Device",
    "Drift",
    "Flat",
    "Jump",
    "Limit",
    "Monitor",
    "Name",
    "NearLimit",
    "Outfall",
    "OutfallKind",
    "Parameter",
    "Part",
    "Repeat",
    "Spike",
    "Station",
    "Velocity",
    "WaterSource",
    "Zone",
    "duration",
]
