"""Which language a page speaks."""

import pytest

from alerts.console.language import Language, choose


@pytest.mark.parametrize(
    ("asked", "remembered", "accept", "expected"),
    [
        (None, None, "", "zh"),
        ("en", "zh", "zh-CN", "en"),
        (None, "en", "zh-CN,zh;q=0.9", "en"),
        ("klingon", None, "en-GB,en;q=0.8", "en"),
        (None, None, "en;q=0.3, zh-CN;q=0.8", "zh"),
        (None, None, "de-DE,de;q=0.9,en;q=0.5", "en"),
        (None, None, "de", "zh"),
        (None, None, "en;q=broken, ;;;,=", "zh"),
    ],
)
def test_language_is_the_asked_then_the_remembered_then_the_preferred(
    asked: str | None, remembered: str | None, accept: str, expected: str
) -> None:
    """Chinese where nothing speaks for another; a broken header is no failure."""
    assert choose(asked=asked, remembered=remembered, accept=accept) == expected


def test_language_falls_back_to_the_other_name() -> None:
    """A thing with one name is never nameless."""
    assert Language.EN.of(("站", "")) == "站"
    assert Language.ZH.of(("", "Station")) == "Station"
