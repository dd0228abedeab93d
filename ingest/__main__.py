"""`clearwarn`: the root command. Subcommands live in the package they serve; here they are only put together."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from alerts.errors import AlertsError, ConfigurationError, UnusableFileError
from device_sim.errors import ReplayError
from device_sim.replay import hourly
from device_sim.replay.hourly import HourlyFile
from device_sim.replay.table import Choice
from ingest.catalog import Catalog
from ingest.commands import Commands
from ingest.errors import IngestError
from ingest.settings import load_catalog

if TYPE_CHECKING:
    from alerts.indexing.water_cli import Setting

BAD_CONFIGURATION = 2


@dataclass(frozen=True, slots=True)
class Root:
    """What every subcommand is handed: where the configuration is."""

    config_dir: Path

    def catalog(self) -> Catalog:
        """The catalogue. Raises `ConfigurationError`."""
        return load_catalog(self.config_dir)

    @contextmanager
    def hourly_file(
        self,
        file: Path,
        *,
        parameters: Sequence[str],
        convert: Callable[[float], int],
        zone: ZoneInfo,
        station: str | None,
        overrides: Sequence[str],
        label: str,
        tell: Callable[[str], None],
    ) -> Iterator[HourlyFile]:
        """As `replay` reads it (see `alerts.indexing.ports`). Raises `UnusableFileError`."""
        choice = Choice(zone=zone, station=station)
        try:
            with hourly.opened(
                file,
                parameters=parameters,
                convert=convert,
                catalog=self.catalog(),
                choice=choice,
                overrides=overrides,
                label=label,
                tell=tell,
            ) as found:
                yield found
        except ReplayError as error:
            raise UnusableFileError(str(error)) from error

    def water_settings(self) -> dict[str, Setting]:
        """Of the stations that belong to a water source. Raises `ConfigurationError`."""
        from ingest.adapters.alerting import water_settings  # noqa: PLC0415  # all of alerts, which few commands need

        return water_settings(self.catalog())


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="CLEARWARN_CONFIG",
    help="Folder of the configuration. Default: ./config if there is one, else the shipped one.",
)
@click.option("-v", "--verbose", is_flag=True, help="Says more in the log.")
@click.version_option(package_name="clearwarn", prog_name="clearwarn")
@click.pass_context
def clearwarn(context: click.Context, folder: Path | None, *, verbose: bool) -> None:
    """Clearwarn 清警: clear water, clear air, clear warnings. 环境监测接入与预警。

    Begin with `clearwarn demo`; `clearwarn doctor` says what a real installation lacks.
    """
    _log_to_stderr(logging.DEBUG if verbose else logging.INFO)
    context.obj = Root(folder or _default_folder())


def main() -> None:
    """The console command. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted."""
    try:
        code = clearwarn.main(standalone_mode=False)  # what `Context.exit` was given; None where all is well
    except click.exceptions.Exit as finished:
        sys.exit(finished.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted 已中断", err=True)
        sys.exit(130)
    except ConfigurationError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        count = len(error.problems)
        click.echo(f"{count} problem{'s' * (count != 1)} in the configuration 配置有 {count} 处问题", err=True)
        sys.exit(BAD_CONFIGURATION)
    except (IngestError, AlertsError, OSError) as error:
        click.echo(f"clearwarn: {error}", err=True)
        sys.exit(1)
    else:
        sys.exit(code if isinstance(code, int) else 0)


def _default_folder() -> Path:
    here = Path("config")
    if (here / "service.yaml").is_file():
        return here
    return Path(str(resources.files("ingest") / "shipped_config"))


def _log_to_stderr(level: int) -> None:
    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", datefmt="%H:%M:%S"
    )
    for noisy in ("httpx", "httpcore", "uvicorn", "amqtt", "transitions", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if os.environ.get("NO_COLOR") is None and sys.stderr.isatty():
        logging.addLevelName(logging.WARNING, "\x1b[33mWARNING\x1b[0m")
        logging.addLevelName(logging.ERROR, "\x1b[31mERROR\x1b[0m  ")


if __name__ == "__main__":
    main()
