"""Passwords as mosquitto keeps them: `$7$iterations$salt$hash`, PBKDF2 with HMAC-SHA512. Pure; the salt is handed in.

The passwords are ours and random (256 bits): there is nothing for stretching to protect, so that the iterations are
mosquitto's own default. It hashes within its one thread: of 10 000 devices that come back after an outage, each
waits for all before it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

SALT = 12  # bytes, as mosquitto_passwd has it
_ITERATIONS = 101
_KIND = "7"


def hashed(password: str, salt: bytes, iterations: int = _ITERATIONS) -> str:
    """What follows the colon in a line of the password file."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations)
    return f"${_KIND}${iterations}${_text(salt)}${_text(digest)}"


def matches(password: str, kept: str) -> bool:
    """Whether `kept` is that password's; False for what is no such hash."""
    try:
        empty, kind, iterations, salt, _ = kept.split("$")
        again = hashed(password, base64.b64decode(salt, validate=True), int(iterations))
    except (ValueError, OverflowError, binascii.Error):
        return False
    return (empty, kind) == ("", _KIND) and hmac.compare_digest(again.encode(), kept.encode())


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
