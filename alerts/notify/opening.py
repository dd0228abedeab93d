"""The channels, opened for as long as the service runs. A new one is one file and one line here."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from alerts.notifications import Channel
from alerts.notify.channel import Notifier
from alerts.notify.email import EmailNotifier
from alerts.notify.log import LogNotifier
from alerts.notify.settings import NotifySettings
from alerts.notify.webhook import WebhookNotifier
from alerts.people import People

logger = logging.getLogger("clearwarn.notifications")


@asynccontextmanager
async def open_notifiers(
    settings: NotifySettings, people: People, environment: Mapping[str, str]
) -> AsyncIterator[Mapping[str, Notifier]]:
    """A notifier for each channel that is set up. Raises `SecretError` where a secret is missing."""
    secrets = {person: source.read(environment) for person, source in people.webhook_secrets.items()}
    notifiers: dict[str, Notifier] = {Channel.LOG: LogNotifier(logger=logger)}
    if settings.email is not None:
        password = settings.email.password
        notifiers[Channel.EMAIL] = EmailNotifier(
            settings=settings.email, password=password.read(environment) if password else None
        )
    # No redirects and no proxy of the environment: a warning goes where people.yaml says and nowhere else.
    async with httpx.AsyncClient(
        timeout=settings.webhook.timeout_seconds, follow_redirects=False, trust_env=False
    ) as client:
        notifiers[Channel.WEBHOOK] = WebhookNotifier(client=client, secrets=secrets)
        yield notifiers
