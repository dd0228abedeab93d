"""The service's own log as a channel: proof on this machine, and all there is where nothing else is set up."""

from __future__ import annotations

import logging

from alerts.notify.channel import Message


class LogNotifier:
    """One line a message, with its facts as fields of the record."""

    def __init__(self, *, logger: logging.Logger) -> None:
        self._logger = logger

    async def send(self, message: Message) -> str:
        """Never fails."""
        self._logger.info(
            "to %s: %s (%s)",
            message.person,
            message.subject,
            message.warning,
            extra={"notification": message.key, "person": message.person, "warning": message.warning},
        )
        return "written"
