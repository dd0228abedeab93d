"""The people who may answer a warning, by id. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alerts.console.language import Language


class Staff:
    """Who can be chosen as the person acting, and what they are called."""

    __slots__ = ("_names",)

    def __init__(self, people: Iterable[tuple[str, str, str]]) -> None:
        self._names = {person: (zh, en) for person, zh, en in people}

    def __contains__(self, person: object) -> bool:
        return person in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def name(self, person: str, language: Language) -> str:
        """Their name; the id itself where they have left the list since."""
        return language.of(self._names.get(person, (person, person)))
