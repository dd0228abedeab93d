"""`clearwarn index`: indices of the law over files, one command a medium, and the year's evaluation."""

from __future__ import annotations

import click

from alerts.indexing.air_cli import air
from alerts.indexing.water_cli import water
from alerts.indexing.year_cli import year


@click.group()
def index() -> None:
    """Indices of the law over files. 按法规计算指数。"""


for command in (air, water, year):
    index.add_command(command)
