"""Service: how Clearwarn itself is. The few alert rules that Grafana has are over the same figures."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.chronicle import Record
from grafana import palette, question, tables
from grafana.boards import conditions
from grafana.boards.board import Board
from grafana.layout import Drawn, Shelf, evenly
from grafana.panels import bars, curves, figure, named, shown_as
from grafana.site import Site


def board(site: Site) -> Board:
    """Balanced, alive, up to date, nobody untold; then each over time."""
    doubtful = [(None, palette.CALM), (1, palette.DOUBTFUL)]
    late = [(None, palette.CALM), (60, palette.DOUBTFUL), (600, palette.FAILED)]
    waiting = [(None, palette.CALM), (1000, palette.DOUBTFUL)]
    first = [
        figure(
            site,
            site.text("service.balance"),
            _last("ledger_overdrawn_accounts"),
            colours=[(None, palette.CALM), (1, palette.FAILED)],
            mappings=named({"0": site.text("service.balanced")}, {"0": palette.CALM}),
        ),
        figure(site, site.text("service.seen"), _PULSE, unit=tables.AGO),
        figure(site, site.text("service.waiting"), _last("readings_waiting"), colours=waiting),
        figure(site, site.text("service.lag"), _last("store_lag_seconds"), unit="s", colours=late),
        figure(site, site.text("service.outbox"), _last("notifications_queued"), colours=doubtful),
        figure(site, site.text("service.overdue"), _last("notifications_overdue_seconds"), unit="s", colours=late),
    ]
    fates = {fate: site.text(f"column.{fate}") for fate in ("stored", "duplicate", "quarantined")}
    lags = {"store_lag_seconds": site.text("service.lag_s"), "store_lag_deliveries": site.text("service.lag_n")}
    notified = {f"notifications_{state}": site.text(f"service.{state}") for state in ("queued", "failed", "uncertain")}
    size = {"intake_log_bytes": site.text("service.disk")}
    rate = 'non_negative_derivative(max("readings_total_received"), 1s) AS "received"'
    speed = _over(site, "rate", rate, {"received": site.text("service.rate_name")}, decimals=2)
    below = [
        _over(site, "lags", _means(lags), lags),
        _over(site, "notifications", _means(notified), notified),
        _over(site, "disk", _means(size), size, unit="bytes"),
        _delays(site),
    ]
    return Board(
        key="service",
        marked=question.REAL,
        refresh="30s",
        shelves=[
            Shelf(4, [(panel, 4) for panel in first]),
            Shelf(8, [(speed, 12), (_fates(site, fates), 12)]),
            *evenly(8, below),
        ],
    )


_HEARD = 'SELECT last("received") AS "heard" FROM "station" GROUP BY "station"'
_PULSE = f'SELECT max("heard") / 1000 AS "heard" FROM ({_HEARD})'  # noqa: S608  # our own words


def _last(field: str) -> str:
    return question.latest("service", f'last("{field}") AS "{field}"', by="")


def _means(fields: Mapping[str, str]) -> str:
    return ", ".join(f'mean("{field}") AS "{field}"' for field in fields)


def _over(site: Site, key: str, what: str, names: Mapping[str, str], *, unit: str = "none", decimals: int = 0) -> Drawn:
    asks = question.curve("service", what, by="", fill="none")
    return curves(
        site, site.text(f"service.{key}"), [shown_as(asks, "$col")], unit=unit, decimals=decimals, names=names,
        interval="10m", zero=True,
    )  # fmt: skip


def _fates(site: Site, names: Mapping[str, str]) -> Drawn:
    what = ", ".join(f'sum("{fate}") AS "{fate}"' for fate in names)
    asks = question.curve("ledger", what, every="1h", by="", fill="none")
    return bars(curves(site, site.text("service.fates"), [shown_as(asks, "$col")], decimals=0, names=names))


def _delays(site: Site) -> Drawn:
    """From the instant that decides a condition, by the device's clock, to its being found: the way here included."""
    names = {"most": site.text("service.delay_most"), "mean": site.text("service.delay_mean")}
    what = 'max("delay") / 1000000 AS "most", mean("delay") / 1000000 AS "mean"'
    asks = question.curve("warning", what, conditions.of(Record.TRANSITION), by="", fill="none")
    return curves(
        site, site.text("service.delays"), [shown_as(asks, "$col")], unit="s", decimals=0, names=names, zero=True
    )
