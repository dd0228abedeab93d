"""What a host answers to a frame: acknowledgements of HJ 212 (table 6, 9011 to 9014). Pure.

Whoever sends the answer says by it that the frame is on disk; whether its content was to be understood is no part of
that (it is kept, and can go through again).
"""

from __future__ import annotations

from ingest.codecs.hj212_frame import Frame

_SYSTEM = "91"  # system interaction
_DATA, _NOTICE, _RESULT = "9014", "9013", "9012"
_DONE = "ExeRtn=1"  # table 8: carried out
_NOTICES = frozenset({"1013", "2012", "2022"})  # table 6: commands of kind notice
_INTERACTION = "9"  # first digit: answers are not answered


def answer(frame: Frame) -> Frame | None:
    """The answer, with the QN and MN of what it answers; None where none is asked for.

    Data is acknowledged by 9014, a notice by 9013. Anything else that a device sends of its own accord and wants
    answered is told 9012, carried out: the standard has no case for it, and devices repeat until they hear something.
    """
    if not frame.wants_answer or frame.cn.startswith(_INTERACTION):
        return None
    if frame.cn.startswith("20") and frame.cn not in _NOTICES:
        command, content = _DATA, ""
    elif frame.cn in _NOTICES:
        command, content = _NOTICE, ""
    else:
        command, content = _RESULT, _DONE
    return Frame(_SYSTEM, command, frame.mn, content, frame.qn, frame.pw, frame.plain_flag)
