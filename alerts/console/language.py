"""Which language a page speaks: asked for, else chosen before, else preferred by the browser. Pure."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """The languages every text exists in."""

    ZH = "zh"
    EN = "en"

    @property
    def tag(self) -> str:
        """For HTML's `lang`: the script matters to fonts and screen readers."""
        return "zh-Hans" if self is Language.ZH else "en"

    @property
    def other(self) -> Language:
        """The one a switch leads to."""
        return Language.EN if self is Language.ZH else Language.ZH

    def of(self, names: tuple[str, str]) -> str:
        """The name in this language from a (zh, en) pair; the other one where it is empty."""
        zh, en = names
        return (zh or en) if self is Language.ZH else (en or zh)


def choose(*, asked: str | None, remembered: str | None, accept: str) -> Language:
    """Never raises; Chinese where nothing speaks for another."""
    for wish in (asked, remembered):
        if wish in tuple(Language):
            return Language(wish)
    return _preferred(accept)


def _preferred(accept: str) -> Language:
    """The best of an Accept-Language header (RFC 9110, 12.5.4)."""
    best, best_weight = Language.ZH, 0.0
    for item in accept[:200].split(","):
        tag, _, parameters = item.strip().partition(";")
        primary = tag.strip().lower().partition("-")[0]
        weight = _weight(parameters)
        if primary in tuple(Language) and weight > best_weight:
            best, best_weight = Language(primary), weight
    return best


def _weight(parameters: str) -> float:
    name, _, number = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(number)
    except ValueError:
        return 0.0
