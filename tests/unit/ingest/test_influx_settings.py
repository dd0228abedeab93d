"""`store` of service.yaml: which one, and what it needs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from alerts.errors import ConfigurationError, SecretError
from ingest.adapters.influx_address import InfluxAddress
from ingest.settings import InfluxSettings, ServiceSettings, SqliteSettings, load_service

LEAST = "store: {type: influxdb, url: 'http://127.0.0.1:8086', bucket: clearwarn"


def loaded(tmp_path: Path, text: str) -> ServiceSettings:
    (tmp_path / "service.yaml").write_text(text)
    return load_service(tmp_path)


def influx(tmp_path: Path, text: str) -> InfluxSettings:
    store = loaded(tmp_path, text).store
    assert isinstance(store, InfluxSettings)
    return store


def test_store_is_embedded_unless_said_otherwise(tmp_path: Path) -> None:
    """No server needed."""
    assert loaded(tmp_path, "data: data").store == SqliteSettings()


def test_store_influxdb_needs_address_and_bucket(tmp_path: Path) -> None:
    """Everything else has a default; without a token none is sent."""
    address = influx(tmp_path, f"{LEAST}}}").address()
    assert address == InfluxAddress(url="http://127.0.0.1:8086", bucket="clearwarn")
    assert (address.timeout, address.gzip) == (timedelta(seconds=10), True)


def test_store_influxdb_token_is_read_from_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a file or the environment; it shows in nothing that may be logged."""
    (tmp_path / "token").write_text("s3cret\n")
    monkeypatch.setenv("CLEARWARN_TEST_TOKEN", "s3cret")
    for said in (f"token_file: {tmp_path / 'token'}", "token_env: CLEARWARN_TEST_TOKEN"):
        settings = influx(tmp_path, f"{LEAST}, org: bureau, timeout: 3s, {said}}}")
        address = settings.address()
        assert (address.token, address.org, address.timeout) == ("s3cret", "bureau", timedelta(seconds=3))
        assert "s3cret" not in repr(address) + repr(settings)
    monkeypatch.delenv("CLEARWARN_TEST_TOKEN")
    with pytest.raises(SecretError):
        settings.address()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("store: {type: influxdb, url: 'http://h:8086'}", "store.bucket"),
        ("store: {type: influxdb, url: 'h:8086', bucket: b}", "store.url"),
        (f"{LEAST}, token: s3cret}}", "store.token"),
        (f"{LEAST}, file: readings.db}}", "store.file"),
        (f"{LEAST}, timeout: 0s}}", "store.timeout"),
        ("store: {type: sqlite, url: 'http://h:8086'}", "store.url"),
        ("store: {type: postgres}", "store"),
    ],
)
def test_store_problem_is_named_where_it_stands(tmp_path: Path, text: str, path: str) -> None:
    """Only of the store that was meant."""
    with pytest.raises(ConfigurationError) as raised:
        loaded(tmp_path, text)
    assert [problem.path for problem in raised.value.problems] == [path]


def test_store_influxdb_puts_measurements_where_they_are_kept_for_their_own_time(tmp_path: Path) -> None:
    """What is not named is with the readings; without `keep` it is for ever."""
    apart = "{warning: {bucket: w}, ledger: {bucket: w}, index: {bucket: i, keep: 400d}}"
    settings = influx(tmp_path, f"{LEAST}, keep: 90d, apart: {apart}}}")
    address = settings.address()
    assert settings.buckets == {"clearwarn": timedelta(days=90), "w": None, "i": timedelta(days=400)}
    assert [address.of(name) for name in ("", "warning", "ledger", "index", "station")] == [
        *("clearwarn", "w", "w", "i", "clearwarn")
    ]


@pytest.mark.parametrize(
    ("apart", "path"),
    [
        ("{air: {bucket: a}}", "store.apart.air"),
        ("{quality: {bucket: a}}", "store.apart.quality"),
        ("{index: {bucket: ''}}", "store.apart.index.bucket"),
        ("{index: {bucket: i, keep: 5m}}", "store.apart.index.keep"),
        ("{index: {bucket: x}, warning: {bucket: x, keep: 9d}}", "store"),
        ("{index: {bucket: clearwarn, keep: 9d}}", "store"),
    ],
)
def test_store_influxdb_refuses_buckets_that_cannot_be(tmp_path: Path, apart: str, path: str) -> None:
    """A reading apart from its remarks, less than InfluxDB keeps, one bucket with two times."""
    with pytest.raises(ConfigurationError) as refused:
        loaded(tmp_path, f"{LEAST}, apart: {apart}}}")
    assert next(iter(refused.value.problems)).path.startswith(path)
