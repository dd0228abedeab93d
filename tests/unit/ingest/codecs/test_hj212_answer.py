"""What a host answers, and to whom it says nothing."""

from __future__ import annotations

import pytest

from ingest.codecs.hj212_answer import answer
from ingest.codecs.hj212_frame import Frame, encode, parse
from tests.support.hj212 import MN, QN, a_frame


def answered(payload: bytes) -> Frame | None:
    frame = parse(payload)
    assert isinstance(frame, Frame)
    return answer(frame)


@pytest.mark.parametrize(
    ("command", "flag", "expected"),
    [
        ("2061", "5", ("9014", "", 4)),
        ("2011", "9", ("9014", "", 8)),
        ("2051", "1", ("9014", "", 0)),
        ("2021", "5", ("9014", "", 4)),
        ("1013", "5", ("9013", "", 4)),
        ("3020", "5", ("9012", "ExeRtn=1", 4)),
        ("2061", "4", None),
        ("2061", None, None),
        ("9011", "5", None),
        ("9015", "9", None),
    ],
)
def test_answer_is_of_the_kind_of_command(
    command: str, flag: str | None, expected: tuple[str, str, int] | None
) -> None:
    """Data 9014, notices 9013, anything else 9012; an answer is not answered, nor who asks for none."""
    found = answered(a_frame(CN=command, Flag=flag))
    assert (None if found is None else (found.cn, found.cp, found.flag)) == expected


def test_answer_names_the_exchange_and_device() -> None:
    """Same QN and MN, byte for byte as the standard has it."""
    found = answered(a_frame())
    assert found is not None
    assert encode(found) == a_frame("", ST="91", CN="9014", QN=QN, MN=MN, Flag="4")
