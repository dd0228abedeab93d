"""How fast a device may go on."""

from __future__ import annotations

from ingest.allowance import Allowance


def test_allowance_gives_a_minutes_worth_at_once_and_then_its_share() -> None:
    """Sixty a minute: sixty at once, then one a second; after a rest there is a minute's worth again."""
    allowance = Allowance(60)
    assert [allowance.wait(1000.0) for _ in range(60)] == [0.0] * 60
    assert [allowance.wait(1000.0) for _ in range(3)] == [1.0, 2.0, 3.0]
    assert allowance.wait(1063.0) == 0.0
    assert allowance.wait(1000.0 + 3600) == 0.0


def test_allowance_saves_no_more_than_a_minute() -> None:
    """However long the rest was."""
    allowance = Allowance(60)
    assert sum(allowance.wait(1e6) == 0.0 for _ in range(200)) == 60
