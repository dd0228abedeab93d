"""What the book answers: a warning as it now stands, and the acts that brought it there."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.model import Act, PollutionWarning, Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One step in a warning's life, to be journalled and told as a whole.

    `transition` is None where a person acted. `acts` are in order; all belong to `warning`.
    """

    warning: PollutionWarning
    acts: tuple[Act, ...]
    transition: Transition | None = None
