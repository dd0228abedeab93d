"""Accounts and mosquitto's texts: what follows from catalogue and options, and what fits into neither."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

import pytest
from pydantic import ValidationError

from ingest import topics
from ingest.broker.accounts import FORECAST, HEALTH, SERVICE, SIMULATOR, Access, accounts, misfits
from ingest.broker.mosquitto import CONTAINER, Place, acl, configuration, passwords, queue_length
from ingest.broker.options import MosquittoOptions
from ingest.catalog import Catalog
from ingest.settings import ServiceSettings
from tests.support.ingest import a_catalog, a_station

BESIDE = Place(PurePosixPath("/etc/mosquitto/clearwarn"), PurePosixPath("/var/lib/mosquitto"))


def options(**changes: Any) -> MosquittoOptions:
    return MosquittoOptions.model_validate(changes)


def granted(catalog: Catalog, **changes: Any) -> dict[str, list[tuple[str, str]]]:
    """Access and topic by account."""
    return {
        account.name: [(access, topic) for access, topic in account.grants]
        for account in accounts(catalog, options(**changes))
    }


def settings(text: str) -> dict[str, list[str]]:
    """What a configuration says, by name."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition(" ")
            found.setdefault(name, []).append(value)
    return found


def test_accounts_give_each_device_its_own_topic_and_no_more() -> None:
    """By its kind and id; nothing to read."""
    found = granted(a_catalog())
    assert {name for name in found if "." not in name} == {"air-1", "air-local", "outfall-1"}
    assert found["outfall-1"] == [("write", "clearwarn/v1/outfall/outfall-1/#")]


def test_accounts_let_the_service_read_what_it_subscribes_to() -> None:
    """And publish warnings; the clock only where a simulator may tell it."""
    plain, trial = granted(a_catalog()), granted(a_catalog(), simulator=True)
    reads = {topic for access, topic in plain[SERVICE] if access == Access.READ}
    assert reads == set(topics.SUBSCRIPTIONS)
    assert {("write", "clearwarn/v1/warning/#"), ("write", "clearwarn/v1/index/#")} <= set(plain[SERVICE])
    assert ("read", topics.CLOCK) in trial[SERVICE]


def test_accounts_beside_devices_are_those_wanted() -> None:
    """The simulator's only for trials."""
    assert {name for name in granted(a_catalog()) if "." in name} == {SERVICE, HEALTH, FORECAST}
    assert SIMULATOR in granted(a_catalog(), simulator=True)
    assert FORECAST not in granted(a_catalog(), forecast=False)
    assert granted(a_catalog())[FORECAST] == [("write", "clearwarn/v1/forecast/bay")]


@pytest.mark.parametrize(
    "name",
    [
        "a/b",
        "a+b",
        "#",
        "a b",
        "a\nb",
        "a\n",
        "%u",
        "a:b",
        "a.b",
        "$SYS",
        "-a",
        "",
        "站",
        "a\u2028b",
        "a" * 65,
        "a\x00",
    ],
)
def test_station_with_a_name_that_an_acl_would_misread_is_not_in_a_catalogue(name: str) -> None:
    """Wildcards, separators, line ends, patterns: none of them reaches the ACL or the password file."""
    with pytest.raises(ValidationError):
        a_catalog(a_station(id=name))
    with pytest.raises(ValidationError):
        Catalog.model_validate(a_catalog().model_dump() | {"areas": [{"id": name, "name": {"zh": "湾", "en": "Bay"}}]})


def test_acl_has_a_paragraph_for_each_account() -> None:
    """And no topic before the first user: that would be everybody's."""
    text = acl(accounts(a_catalog(), options()))
    assert text.startswith(f"user {SERVICE}\n")
    assert "user air-1\ntopic write clearwarn/v1/air/air-1/#\n\nuser air-local\n" in text
    assert re.findall(r"^(?!user |topic (?:read|write) ).+$", text, re.MULTILINE) == []


def test_password_file_has_a_line_for_each_account() -> None:
    """As mosquitto reads it."""
    assert passwords({"air-1": "$7$101$c2FsdA==$aGFzaA=="}) == "air-1:$7$101$c2FsdA==$aGFzaA==\n"


def test_configuration_lets_nobody_in_unnamed_and_listens_on_loopback_but_for_tls() -> None:
    """The only listener without a certificate is on 127.0.0.1."""
    text = configuration(a_catalog(), options(), BESIDE)
    found = settings(text)
    assert (found["allow_anonymous"], found["acl_file"]) == (["false"], ["/etc/mosquitto/clearwarn/acl"])
    assert found["listener"] == ["1883 127.0.0.1", "8883", "8884 127.0.0.1"]
    for paragraph in re.split(r"\n(?=listener )", text)[1:]:
        assert ("certfile" in paragraph) is not paragraph.startswith("listener 1883 127.0.0.1")
    assert text.count("use_username_as_clientid true") == 1
    assert settings(configuration(a_catalog(), options(), CONTAINER))["listener"][2] == "8884"


def test_configuration_says_why_beside_each_setting_of_queues_and_sessions() -> None:
    """A comment stands directly above, or above the settings of the same matter."""
    queues = {"save_every": "90s", "forget_after": "10d", "inflight": 77}
    lines = configuration(a_catalog(), options(queues=queues), BESIDE).splitlines()
    found = settings("\n".join(lines))
    assert found["autosave_interval"] == ["90"]
    assert found["persistent_client_expiration"] == ["240h"]
    assert found["max_inflight_messages"] == ["77"]
    for name in ("persistent_client_expiration", "max_queued_messages", "max_inflight_messages", "max_packet_size"):
        at = next(number for number, line in enumerate(lines) if line.startswith(name))
        assert lines[at - 1].startswith("# ")
    assert max(map(len, lines)) <= 120


def test_queue_holds_what_all_stations_send_in_an_outage() -> None:
    """Twice a message an interval; of a small network never less than a back-fill."""
    many = a_catalog(*(a_station(id=f"air-{number}", interval="1m") for number in range(1000)))
    away = options(queues={"away": "72h"}).queues.away
    assert queue_length(many, away) == 2 * 1000 * 72 * 60
    assert queue_length(a_catalog(), away) == 100_000


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"listeners": {"devices": 1883}}, "listeners"),
        ({"listeners": {"devices_address": "0.0.0.0\nallow_anonymous true"}}, "devices_address"),
        ({"queues": {"largest_message": 1000}}, "largest_message"),
        ({"queues": {"away": "soon"}}, "away"),
        ({"anonymous": True}, "anonymous"),
    ],
)
def test_options_refuse_what_mosquitto_would_misread(changes: dict[str, Any], path: str) -> None:
    """Ports twice, a line's end in an address, unknown keys."""
    with pytest.raises(ValidationError, match=path):
        options(**changes)


def test_misfits_name_a_station_that_could_take_our_session_over() -> None:
    """On the devices' listener a station's id is its client id; a session is kept as long as it was asked for."""
    service = ServiceSettings.model_validate({"broker": {"client_id": "air-1", "session_expiry": "7d"}})
    found = [*misfits(a_catalog(), service, options(queues={"forget_after": "3d"}))]
    assert [path for path, _ in found] == ["", "queues.forget_after"]
    assert "'air-1'" in found[0][1]
    assert [*misfits(a_catalog(), ServiceSettings(), options())] == []
