"""Laws of what goes to InfluxDB: names come back as they went, and halving finds exactly what is refused."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from ingest.bisection import Refused, bisect
from ingest.line_protocol import Unwritable, encode
from tests.support.ingest import NOW, an_outcome

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.text("a,= \\\"'\n", max_size=6)


def split(text: str, at: str) -> list[str]:
    """At what is not escaped, as a parser of line protocol does: a backslash takes the next character with it."""
    found = [""]
    skip = False
    for here, after in zip(text, f"{text[1:]} ", strict=True):
        if not skip and here == at:
            found.append("")
        else:
            found[-1] += here
            skip = here == "\\" and not skip and after in ",= "
    return found


def unescaped(name: str) -> str:
    return re.sub(r"\\([,= ])", r"\1", name)


@given(station=names, parameter=names, value=st.floats(allow_nan=False, allow_infinity=False))
def test_line_protocol_says_exactly_what_it_was_given(station: str, parameter: str, value: float) -> None:
    """Read again by its grammar, names and value are the same; what has no such form is refused."""
    (encoded,) = encode([an_outcome((NOW, value), account=station, parameter=parameter)])
    if isinstance(encoded, Unwritable):
        unsayable = re.search(r"[\x00-\x1f\x7f]|\\[,= ]|\\$", station + "\n" * (not station))
        assert unsayable or re.search(r"[\x00-\x1f\x7f]|\\[,= ]|\\$|^$|^time$", parameter)
        return
    (lines,) = encoded
    head, fields, _ = split(lines.data.decode(), " ")
    tags = [split(tag, "=") for tag in split(head, ",")[1:]]
    first, flag = [split(part, "=") for part in split(fields, ",")]
    assert [[unescaped(part) for part in tag] for tag in tags][2] == ["station", station]
    assert (unescaped(first[0]), float(first[1])) == (parameter, value)
    assert [unescaped(part) for part in flag] == [f"{parameter}_flag", "1i"]


@given(st.lists(st.booleans(), max_size=200), st.booleans())
async def test_bisection_finds_exactly_the_refused(bad: list[bool], all_at_once: bool) -> None:  # noqa: FBT001  # drawn
    """Every good item is taken, no bad one; the others' order is kept; and it does not take long."""
    taken: list[int] = []
    calls = count()

    async def send(part: Sequence[int]) -> Refused | None:
        next(calls)
        wrong = [item for item in part if bad[item]]
        if not wrong:
            taken.extend(part)
            return None
        return Refused("no", everything=all_at_once and len(wrong) == len(part))

    refused = await bisect(range(len(bad)), send)
    assert refused == {index: "no" for index, wrong in enumerate(bad) if wrong}
    assert taken == [index for index, wrong in enumerate(bad) if not wrong]
    depth = math.ceil(math.log2(len(bad))) if bad else 0
    assert next(calls) <= 1 + 2 * sum(bad) * depth
