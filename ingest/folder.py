"""What commands that read a data folder ask for: which one, and since when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from ingest.catalog import duration
from ingest.commands import Root
from ingest.settings import load_service


class _Since(click.ParamType[datetime]):
    name = "time"

    def convert(self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            back = duration(value)
            if isinstance(back, timedelta):
                return datetime.now(UTC) - back
            moment = datetime.fromisoformat(value)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is neither a duration (like 90m, 7d) nor a time (2026-11-23T08:00+08:00)", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} has no offset: write it as {value}+08:00", param, ctx)
        return moment


since_option = click.option("--since", type=_Since(), help="Received since: 24h, 7d, or a time with its offset.")
data_option = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder, in place of service.yaml's."
)


def the_folder(root: Root, data: Path | None) -> Path:
    """The folder that was named, else the configured one. Raises `ConfigurationError`."""
    return data or load_service(root.config_dir).data
