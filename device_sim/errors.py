"""What can go wrong here.

DeviceSimError
├── BrokerError          the broker cannot be reached, or turns us away
├── HostError            an HJ 212 host cannot be reached, or does not answer
├── ScenarioError        the simulator's settings do not fit the catalogue
└── ReplayError          a file cannot be replayed as asked; the message says the way out
"""

from __future__ import annotations


class DeviceSimError(Exception):
    """Base of this package's errors; the text is one line for the person at the terminal."""


class BrokerError(DeviceSimError):
    """The broker cannot be reached, or turns us away."""

    def __init__(self, where: str, why: str) -> None:
        self.where = where
        self.why = why
        super().__init__(f"broker {where}: {why}")


class HostError(DeviceSimError):
    """An HJ 212 host cannot be reached, or does not answer."""

    def __init__(self, where: str, why: str) -> None:
        self.where = where
        self.why = why
        super().__init__(f"HJ 212 host {where}: {why}")


class ScenarioError(DeviceSimError):
    """The simulator's settings do not fit the catalogue."""


class ReplayError(DeviceSimError):
    """A file cannot be replayed as asked."""
