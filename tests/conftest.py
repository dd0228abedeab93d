"""For every test: laws are held whatever the machine is busy with, and however long an example takes."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("untimed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
