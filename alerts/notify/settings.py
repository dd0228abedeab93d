"""`config/notify.yaml`: how channels are reached and how often it is tried. Seconds, as the names say.

The defaults reach nothing outside this machine: without an `email` section there is no mail.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.documents import check, read
from alerts.notifications import Channel
from alerts.secret import SecretSource


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Retry(_Entry):
    """Engineering defaults: an hour and a half of trying in all, then a person must look."""

    first_seconds: float = Field(default=5, gt=0)
    longest_seconds: float = Field(default=600, gt=0)
    give_up_after: int = Field(default=15, ge=1)  # attempts
    attempt_seconds: float = Field(default=30, gt=0)  # one attempt, whatever the channel does
    concurrency: int = Field(default=8, ge=1, le=64)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.longest_seconds < self.first_seconds:
            raise ValueError("longest_seconds must not be below first_seconds")
        return self


class Security(StrEnum):
    """How the way to the mail server is protected."""

    NONE = "none"  # a server on this machine or in the same closed network
    STARTTLS = "starttls"  # required, not merely offered
    TLS = "tls"


class EmailSettings(_Entry):
    """The mail server."""

    host: str = Field(min_length=1)
    port: int = Field(default=25, ge=1, le=65535)
    sender: str = Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")
    security: Security = Security.STARTTLS
    username: str | None = None
    password_env: str | None = Field(default=None, min_length=1)
    password_file: Path | None = None
    timeout_seconds: float = Field(default=15, gt=0)

    @model_validator(mode="after")
    def _credentials_together(self) -> Self:
        given = (self.password_env is not None) + (self.password_file is not None)
        if given != (self.username is not None):
            raise ValueError("username goes with password_env or password_file")
        if self.username is not None and self.security is Security.NONE:
            raise ValueError("a password needs security: starttls or tls")
        return self

    @property
    def password(self) -> SecretSource | None:
        """Where the password is; None where the server asks for none."""
        if self.username is None:
            return None
        return SecretSource(env=self.password_env, file=self.password_file)


class WebhookSettings(_Entry):
    """What holds for every webhook."""

    timeout_seconds: float = Field(default=10, gt=0)


class NotifySettings(_Entry):
    """All of `notify.yaml`."""

    retry: Retry = Retry()
    email: EmailSettings | None = None
    webhook: WebhookSettings = WebhookSettings()

    @property
    def channels(self) -> frozenset[Channel]:
        """Those that are set up."""
        return frozenset({Channel.LOG, Channel.WEBHOOK} | ({Channel.EMAIL} if self.email is not None else set()))


def load_notify(file: Path) -> NotifySettings:
    """Reads `notify.yaml`. Raises `ConfigurationError` with every problem."""
    return check(read(file), NotifySettings)
