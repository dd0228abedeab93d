"""Which of many are refused, where the answer names at most the first: halving until each refused one stands alone.

Pure but for the `send` it is handed. One refused among n costs about 2 log2(n) more calls.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Refused:
    """Not all of it was taken; `everything` where the answer says that none of it was."""

    reason: str
    everything: bool = False


Send = Callable[[Sequence[Item]], Awaitable[Refused | None]]


async def bisect(items: Sequence[Item], send: Send[Item]) -> dict[int, str]:
    """Index -> reason of every item that is refused also when sent alone; the others have been taken.

    Items are sent in order, those taken before perhaps again. Whatever `send` raises ends it.
    """
    refused: dict[int, str] = {}
    left = [(0, len(items))]
    while left:
        start, end = left.pop()
        answer = await send(items[start:end])
        if answer is None:
            continue
        if answer.everything or end - start == 1:
            refused.update(dict.fromkeys(range(start, end), answer.reason))
            continue
        middle = (start + end) // 2
        left += [(middle, end), (start, middle)]  # the first half is sent next: order of arrival is kept
    return refused
