"""Numbers that look random and depend on nothing but their key. Pure.

In place of a generator with a state, so that a value is the same whatever was asked for before it.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

_SCALE = 2**64


@lru_cache(maxsize=65536)
def uniform(*key: str | int) -> float:
    """At least 0, below 1."""
    text = "|".join(map(str, key)).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big") / _SCALE


def symmetric(*key: str | int) -> float:
    """Between -1 and 1."""
    return 2 * uniform(*key) - 1


def smooth(position: float, *key: str | int) -> float:
    """A continuous curve between -1 and 1: chance at the whole numbers, eased between them."""
    left = int(position // 1)
    share = position - left
    share = share * share * (3 - 2 * share)
    return symmetric(*key, left) * (1 - share) + symmetric(*key, left + 1) * share
