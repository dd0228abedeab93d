"""What indices that rules look at are called: no sensor measures them, so no catalogue has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class IndexName(NamedTuple):
    """Both languages, the unit (empty for a plain number) and the decimals shown."""

    zh: str
    en: str
    unit: str = ""
    decimals: int = 0


INDEX_NAMES: Mapping[str, IndexName] = {
    "completeness": IndexName("数据有效率", "completeness", "%", 0),
}
