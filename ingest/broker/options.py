"""`config/broker.yaml`: what of mosquitto's configuration the catalogue does not say. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ingest.catalog import duration

Port = Annotated[int, Field(ge=1, le=65_535)]
Duration = Annotated[timedelta, BeforeValidator(duration)]
_ADDRESS = r"^[0-9A-Za-z.:-]*$"  # a word of mosquitto's configuration: no space, no line's end


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Listeners(_Options):
    """Where mosquitto listens; `local` is 127.0.0.1 without TLS, the others speak TLS. Empty: every interface."""

    local: Port = 1883
    devices: Port = 8883
    devices_address: str = Field(default="", pattern=_ADDRESS)
    service: Port = 8884
    service_address: str = Field(default="127.0.0.1", pattern=_ADDRESS)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if len({self.local, self.devices, self.service}) < len(("local", "devices", "service")):
            msg = "local, devices and service need three different ports"
            raise ValueError(msg)
        return self


class Queues(_Options):
    """What the broker holds for us, and how well."""

    away: Duration = Field(default=timedelta(hours=24), ge=timedelta(minutes=1), le=timedelta(days=90))
    inflight: int = Field(default=1000, ge=1, le=65_535)
    save_every: Duration = Field(default=timedelta(minutes=1), ge=timedelta(seconds=1), le=timedelta(hours=1))
    forget_after: Duration = Field(default=timedelta(days=14), ge=timedelta(hours=1))
    largest_message: int = Field(default=1024 * 1024, ge=256 * 1024)  # bytes


class MosquittoOptions(_Options):
    """`config/broker.yaml`. Everything has a default."""

    listeners: Listeners = Listeners()
    queues: Queues = Queues()
    forecast: bool = True  # an account for whoever publishes the AQI forecasts
    simulator: bool = False  # an account that may speak for every station: for trials alone
