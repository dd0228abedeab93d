"""Concentrations as whole millionths of their unit, and rounding by GB/T 8170: exact, where binary floats are not.

2.2 mg/m3 of CO is an IAQI of exactly 55; worked out in binary floats it is a little more, and rounded up 56.
A millionth is far below what any device resolves, and sums of integers do not depend on their order.
"""

from __future__ import annotations

from functools import lru_cache

from alerts.windows import MILLION


def exact(value: float) -> int:
    """The measured decimal that a float stands for, in millionths; finer digits than six are rounded off.

    Right for sizes up to 2e9: there the float's own error is below half a millionth. Raises `ValueError` and
    `OverflowError` for what is not finite.
    """
    return round(value * MILLION)


def number(amount: int) -> float:
    """An amount as the nearest float, whose shortest form is the decimal again."""
    return amount / MILLION


def half_even(numerator: int, denominator: int) -> int:
    """The whole number nearest to the quotient, the even one of two equally near (GB/T 8170). `denominator` > 0."""
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest
    return whole + (twice > denominator or (twice == denominator and whole % 2))


def rounded_mean(total: int, count: int, step: int) -> int:
    """The mean of `count` amounts that add up to `total`, rounded once, to a multiple of `step`, half to even.

    Rounded to millionths before, a mean just above a half would become a half, and fall.
    """
    return half_even(total, count * step) * step


@lru_cache(8192)  # reported amounts are few, and come again all the time
def text(amount: int, decimals: int) -> str:
    """With that many decimals; the amount is a multiple of such a step."""
    if not decimals:
        return str(amount // MILLION)
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), MILLION)
    return f"{sign}{whole}.{rest // 10 ** (6 - decimals):0{decimals}d}"
