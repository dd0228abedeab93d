"""`clearwarn index`: indices of the law over files, one command a medium."""

from __future__ import annotations

import click

from alerts.water_cli import water


@click.group()
def index() -> None:
    """Indices of the law over files. 按法规计算指数。"""


index.add_command(water)
