"""For every test: laws are held whatever the machine is busy with, and however long an example takes."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

settings.register_profile("untimed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# A shell has what runs behind it (`make test &` in a script) ignore Ctrl-C, and all that it starts: here some are asked
# to end by it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
