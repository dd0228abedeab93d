"""The table of channels, opened."""

from __future__ import annotations

import logging

import pytest

from alerts.errors import SecretError
from alerts.notifications import Channel, Language
from alerts.notify.channel import Message
from alerts.notify.opening import open_notifiers
from alerts.notify.settings import NotifySettings
from tests.support.alerts_people import NOON, a_receiver, some_people

HOOKED = a_receiver(channels={"webhook": {"url": "https://receiver.example/", "secret_env": "HOOK"}})
MAIL = {"host": "127.0.0.1", "sender": "clearwarn@bureau.example", "username": "u", "password_env": "MAIL"}


def a_message(address: str = "") -> Message:
    return Message(
        key="k-1",
        warning="w-1",
        person="chen",
        address=address,
        language=Language.EN,
        subject="Orange warning",
        text="Ammonia\n",
        payload={},
        attempted_at=NOON,
    )


async def test_opening_gives_every_channel_that_is_set_up() -> None:
    """Mail only where a server is named; the ones there agree with the settings."""
    plain = NotifySettings()
    async with open_notifiers(plain, some_people(), {}) as notifiers:
        assert set(notifiers) == plain.channels == {Channel.LOG, Channel.WEBHOOK}
    mailing = NotifySettings.model_validate({"email": MAIL})
    async with open_notifiers(mailing, some_people(), {"MAIL": "pass"}) as notifiers:
        assert set(notifiers) == mailing.channels == set(Channel)


@pytest.mark.parametrize("settings", [NotifySettings(), NotifySettings.model_validate({"email": MAIL})])
async def test_opening_needs_every_secret(settings: NotifySettings) -> None:
    """At start-up, not at the first warning."""
    with pytest.raises(SecretError):
        async with open_notifiers(settings, some_people(HOOKED), {"HOOK": "" if settings.email is None else "s"}):
            pass


async def test_log_writes_who_was_told_what(caplog: pytest.LogCaptureFixture) -> None:
    """One line, with the facts as fields."""
    caplog.set_level(logging.INFO)
    async with open_notifiers(NotifySettings(), some_people(), {}) as notifiers:
        assert await notifiers[Channel.LOG].send(a_message()) == "written"
    (record,) = caplog.records
    assert (record.name, record.__dict__["person"], record.__dict__["notification"]) == (
        "clearwarn.notifications",
        "chen",
        "k-1",
    )
