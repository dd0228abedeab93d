"""What the reference found: rows of marks that good samples end, and shares of a limit that are exact."""

from __future__ import annotations

import pytest

from tests.support.rules import ASample, a_place, a_rule, an_engine, at, fed, told


def marks(row: str) -> list[ASample]:
    """`M` is flat, `.` is good, `?` doubtful for another reason."""
    return [
        ASample(
            instant=at(5 * n),
            received_at=at(5 * n),
            flag=1 if mark == "." else 3,
            reason={"M": "flat_line", "?": "spike"}.get(mark, ""),
        )
        for n, mark in enumerate(row)
    ]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("M.M.M.M", []),
        ("M.MM", [("raised", "blue", 15)]),
        ("M?M", [("raised", "blue", 10)]),
        ("MM.M..", [("raised", "blue", 5), ("cleared", None, 25)]),
    ],
)
def test_quality_good_samples_end_a_row_and_doubtful_ones_do_not(
    row: str, expected: list[tuple[str, str | None, float]]
) -> None:
    rule = a_rule(kind="quality", type="device", reasons="flat_line", samples=2)
    assert told(fed(an_engine(rule), marks(row))) == expected


@pytest.mark.parametrize(
    ("value", "limit", "ratio"), [(2.1, 0.7, 3), (1.05, 0.7, 1.5), (0.6, 0.2, 3), (6.6, 6.0, 1.1), (0.88, 0.8, 1.1)]
)
def test_share_exactly_at_its_ratio_is_not_over_and_is_at_least_it(value: float, limit: float, ratio: float) -> None:
    """None of these quotients is exact in binary."""
    place = a_place(limits=(("nh3_n", limit),))
    for inclusive, expected in ((False, 0), (True, 1)):
        rule = a_rule(value={"of_limit": True}, inclusive=inclusive, levels={"yellow": {"raise": ratio}})
        assert len(fed(an_engine(rule, places=[place]), [ASample(value=value)])) == expected
