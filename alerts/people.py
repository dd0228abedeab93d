"""Who is told and who may act: the settings of `config/people.yaml`.

Pure models and look-ups; `load_people` reads the file. Secrets never stand in it: a webhook names an environment
variable or a file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, model_validator

from alerts.documents import check, read
from alerts.model import ActKind, Level, WarningType
from alerts.notifications import Channel, Language
from alerts.secret import SecretSource

# An acknowledgement is a person's own answer: nobody is told of it.
NEWS = frozenset(ActKind) - {ActKind.ACKNOWLEDGED}


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Role(StrEnum):
    """What a person does here. Who has none is only told, and cannot act."""

    DUTY_OFFICER = "duty_officer"
    EMERGENCY_STAFF = "emergency_staff"
    MAINTAINER = "maintainer"


class PersonName(_Entry):
    """What a person is called, in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class LogAddress(_Entry):
    """The service's own log: nothing to say."""


class EmailAddress(_Entry):
    """One mailbox."""

    address: str = Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$", max_length=254)


class WebhookAddress(_Entry):
    """An address that takes signed JSON; the secret is the one its receiver verifies with."""

    url: HttpUrl
    secret_env: str | None = Field(default=None, min_length=1)
    secret_file: Path | None = None

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if (self.secret_env is None) == (self.secret_file is None):
            raise ValueError("give secret_env or secret_file")
        return self

    @property
    def secret(self) -> SecretSource:
        """Where the secret is."""
        return SecretSource(env=self.secret_env, file=self.secret_file)


class Channels(_Entry):
    """The ways to one receiver; each that is given is used."""

    log: LogAddress | None = None
    email: EmailAddress | None = None
    webhook: WebhookAddress | None = None

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if not self.addresses:
            raise ValueError("give at least one channel")
        return self

    @cached_property
    def addresses(self) -> Mapping[Channel, str]:
        """Where each given channel leads; empty text for the log."""
        given: dict[Channel, str] = {}
        if self.log is not None:
            given[Channel.LOG] = ""
        if self.email is not None:
            given[Channel.EMAIL] = self.email.address
        if self.webhook is not None:
            given[Channel.WEBHOOK] = str(self.webhook.url)
        return given


class Told(_Entry):
    """What a receiver hears of. An empty list of types, kinds or areas means all of them.

    Whatever stands here, anyone told of a warning is told of its lifting.
    """

    types: frozenset[WarningType] = frozenset()
    kinds: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    minimum: Level = Level.BLUE
    acts: frozenset[ActKind] = NEWS

    @model_validator(mode="after")
    def _only_news(self) -> Self:
        if not self.acts <= NEWS:
            raise ValueError("acts: nobody is told of an acknowledgement")
        return self


class Receiver(_Entry):
    """A person, or something that is told like one (no role)."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")
    name: PersonName
    role: Role | None = None
    language: Language = Language.ZH
    channels: Channels
    told: Told = Told()


class People(_Entry):
    """Everyone of `people.yaml`."""

    receivers: tuple[Receiver, ...]

    @model_validator(mode="after")
    def _somebody_and_once(self) -> Self:
        if not self.receivers:
            raise ValueError("receivers: somebody must be told")
        ids = [receiver.id for receiver in self.receivers]
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"receivers: there twice: {', '.join(twice)}")
        return self

    @cached_property
    def by_id(self) -> Mapping[str, Receiver]:
        """Receivers by id."""
        return {receiver.id: receiver for receiver in self.receivers}

    @cached_property
    def persons(self) -> tuple[tuple[str, str, str], ...]:
        """(id, zh, en) of those who may act, in the order of the file."""
        return tuple((one.id, one.name.zh, one.name.en) for one in self.receivers if one.role is not None)

    @cached_property
    def webhook_secrets(self) -> Mapping[str, SecretSource]:
        """Where each webhook's secret is, by receiver."""
        return {one.id: one.channels.webhook.secret for one in self.receivers if one.channels.webhook is not None}

    def problems(
        self, *, areas: Collection[str], kinds: Collection[str], channels: Collection[Channel]
    ) -> list[tuple[tuple[str | int, ...], str]]:
        """What does not fit the rest of the configuration, as (location, message); empty when all is well."""
        found: list[tuple[tuple[str | int, ...], str]] = []
        for number, one in enumerate(self.receivers):
            at = ("receivers", number)
            found.extend(((*at, "told", "areas"), f"no area {area!r}") for area in sorted(one.told.areas - set(areas)))
            found.extend(((*at, "told", "kinds"), f"no kind {kind!r}") for kind in sorted(one.told.kinds - set(kinds)))
            found.extend(
                ((*at, "channels", channel), f"{channel} is not set up in notify.yaml")
                for channel in one.channels.addresses
                if channel not in channels
            )
        return found


def load_people(file: Path) -> People:
    """Reads `people.yaml`. Raises `ConfigurationError` with every problem."""
    return check(read(file), People)
