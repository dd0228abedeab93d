"""Marks of samples: which of the reasons that the rules of one series watch a sample carries. Pure.

A sample is kept with a code: its flag, and above it a bit for each set of reasons that a rule watches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from alerts.memory import SAME
from alerts.rules.rule import MARKED, JudgedRule

MOST = 4  # sets: a code is a byte, and half of it the flag
_CODES = 256

Watched = frozenset[str]


@dataclass(frozen=True)
class Marks:
    """The sets of reasons, in the order of their bits."""

    sets: tuple[Watched, ...]

    @classmethod
    def of(cls, rules: Iterable[JudgedRule]) -> Marks:
        """Those that these rules watch."""
        return cls(tuple(sorted({rule.watched for rule in rules if rule.watched}, key=sorted)))

    @property
    def fit(self) -> bool:
        """Whether there are bits for all."""
        return len(self.sets) <= MOST

    @cached_property
    def by_reason(self) -> Mapping[str, int]:
        """The bits of a sample with that reason."""
        reasons = sorted(frozenset().union(*self.sets))
        return {reason: sum(_bit(at) for at, own in enumerate(self.sets) if reason in own) for reason in reasons}

    def code(self, flag: int, reason: str) -> int:
        """A sample's flag and its marks."""
        return flag | self.by_reason.get(reason, 0)

    def may(self, rule: JudgedRule) -> bytes:
        """What a sample of each code may do by that rule: `JudgedRule.may`, which knows of marked and unmarked."""
        own = _bit(self.sets.index(rule.watched)) if rule.watched else 0
        return bytes(rule.may[code % MARKED | (MARKED if code & own else 0)] for code in range(_CODES))

    def dump(self) -> list[list[str]]:
        """What `from_dump` takes, as plain data."""
        return [sorted(own) for own in self.sets]

    def codes_of(self, former: Marks) -> bytes | None:
        """What the codes of `former` are here; None where they do not tell what has to be known here."""
        if not {*self.sets} <= {*former.sets}:
            return None
        if former == self:
            return SAME
        bits = [(_bit(former.sets.index(own)), _bit(at)) for at, own in enumerate(self.sets)]
        return bytes(code % MARKED | sum(here for there, here in bits if code & there) for code in range(_CODES))


def loaded(state: Sequence[str] | Sequence[Sequence[str]]) -> Marks:
    """What `Marks.dump` gave; snapshots of earlier versions have the reasons of one set."""
    if state and isinstance(state[0], str):
        return Marks((frozenset(map(str, state)),))
    return Marks(tuple(frozenset(own) for own in state))


def _bit(at: int) -> int:
    return MARKED << at
