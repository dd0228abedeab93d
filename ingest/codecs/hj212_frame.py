"""One frame of HJ 212: head, length, data segment, checksum; and the fields of the data segment. Pure.

`##`, four digits of length, the data segment, four hexadecimal digits of checksum, CR LF (HJ 212-2017 6.3, tables 2
and 3; STANDARDS 7.1). Length and checksum are of the data segment alone. Edition 2005 lacks QN and Flag; edition 2025
adds RF (STANDARDS 7.5). Strict here: a frame that is not whole is none. What stands in CP is `hj212_factors`' matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from ingest.codecs.hj212_crc import Checksum, checksum
from ingest.codecs.report import Malformed
from ingest.model import Reason

HEAD = b"##"
LONGEST_DATA = 1024  # bytes of the data segment (table 2); Chinese is in UTF-8, and counted as bytes here
_BEGUN = len(HEAD) + 4  # where the data segment begins
_CRC = 4

_CP, _END = "CP=&&", "&&"
_DIGITS = re.compile(rb"[0-9]{4}")
_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]{4}")
_NUMBER = (re.compile(r"[0-9]{1,8}"), "a number")
# What a field must look like. MN: 24 characters since 2017, 14 before; between the two devices of the present edition
# send whatever they were given.
_SHAPES = {
    "ST": (re.compile(r"[0-9A-Za-z]{2}"), "two characters"),
    "CN": (re.compile(r"[0-9]{4}"), "four digits"),
    "MN": (re.compile(r"[0-9A-Za-z_-]{14,24}"), "24 characters (14 in the edition of 2005)"),
    "QN": (re.compile(r"[0-9]{17}"), "17 digits"),
    "Flag": _NUMBER,
    "PNUM": _NUMBER,
    "PNO": _NUMBER,
}
_DEMANDED = frozenset({"ST", "CN", "MN"})
# As nearly all headers are, found at a quarter of the cost; whatever is not like this is taken apart field by field.
_USUAL = re.compile(
    r"QN=([0-9]{17});ST=([0-9A-Za-z]{2});CN=([0-9]{4});PW=([^;,=&]*);MN=([0-9A-Za-z_-]{14,24});Flag=([014589]);\Z"
)
_FIELDS = frozenset({"QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO", "RF"})
_ENCRYPTED = re.compile(r"2[0-9]{3}|1014|3020")  # commands whose CP edition 2025 may encrypt (STANDARDS 7.5)
_PRINTABLE = re.compile(rb"[\x20-\x7e]*")
_PACKETS, _ACKNOWLEDGE, _VERSION_AT = 2, 1, 2  # bits of Flag


class Edition(IntEnum):
    """Bits 7 to 2 of Flag."""

    HJT_2005 = 0
    HJ_2017 = 1
    HJ_2025 = 2


_NEWEST = max(Edition)


class Frame(NamedTuple):
    """The fields of a data segment; `cp` is what stands between the two `&&`. What is empty or None was not there."""

    st: str
    cn: str
    mn: str
    cp: str
    qn: str = ""
    pw: str = ""
    flag: int | None = None
    pnum: int | None = None  # packets of this message
    pno: int | None = None  # which of them this one is, from 1
    rf: str = ""  # 1: sent again (edition 2025)

    @property
    def edition(self) -> Edition:
        """Of the standard, as Flag says; without a Flag it is 2005."""
        return Edition((self.flag or 0) >> _VERSION_AT)

    @property
    def wants_answer(self) -> bool:
        """Whether the sender waits for an acknowledgement."""
        return bool((self.flag or 0) & _ACKNOWLEDGE)

    @property
    def plain_flag(self) -> int:
        """Flag for an answer: the same edition, one packet, no acknowledgement of the acknowledgement."""
        return self.edition << _VERSION_AT


def parse(payload: bytes, kind: Checksum = Checksum.HJ212) -> Frame | Malformed:
    """The frame in those bytes, with or without its CR LF, or why there is none. Never raises.

    Takes about 10 us for a frame of 20 parameters, most of it the checksum.
    """
    length = _DIGITS.match(payload, len(HEAD))
    if not payload.startswith(HEAD) or length is None:
        return Malformed(Reason.SYNTAX, "does not begin with ## and four digits of length")
    ends = _BEGUN + int(length[0])
    if ends > _BEGUN + LONGEST_DATA:
        return Malformed(Reason.LENGTH, f"says {int(length[0])} bytes of data; the standard allows {LONGEST_DATA}")
    said = _HEXADECIMAL.match(payload, ends)
    rest = payload[ends + _CRC :]
    if said is None or rest.strip(b"\r\n"):
        return _misfit(payload, ends)
    data = payload[_BEGUN:ends]
    worked_out = checksum(data, kind)
    if int(said[0], 16) != worked_out:
        return _wrong_checksum(data, said[0].decode().upper(), worked_out, kind)
    try:
        return _fields(data.decode())
    except UnicodeDecodeError as error:
        return Malformed(Reason.NOT_UTF8, f"not UTF-8 at byte {error.start} of the data (GBK?)")


def head(payload: bytes) -> Frame | None:
    """Whom a frame that is not sound speaks for: to count it there, never to be believed."""
    return _header(payload[_BEGUN:])


def encode(frame: Frame, kind: Checksum = Checksum.HJ212) -> bytes:
    """The frame as bytes, CR LF included. Raises `ValueError` where it is longer than the standard allows."""
    header = ";".join(f"{name}={value}" for name, value in _named(frame))
    data = f"{header};{_CP}{frame.cp}{_END}".encode()
    if len(data) > LONGEST_DATA:
        msg = f"{len(data)} bytes of data; the standard allows {LONGEST_DATA}"
        raise ValueError(msg)
    return b"%s%04d%s%04X\r\n" % (HEAD, len(data), data, checksum(data, kind))


def _named(frame: Frame) -> Iterator[tuple[str, str | int]]:
    """In the order of table 3."""
    for name, value in (
        ("QN", frame.qn),
        ("ST", frame.st),
        ("CN", frame.cn),
        ("PW", frame.pw),
        ("MN", frame.mn),
        ("Flag", frame.flag),
        ("PNUM", frame.pnum),
        ("PNO", frame.pno),
        ("RF", frame.rf),
    ):
        if value not in {"", None}:
            yield name, value


def _misfit(payload: bytes, ends: int) -> Malformed:
    """Of a payload whose checksum does not stand where its length says."""
    another = payload.find(HEAD, len(HEAD))
    if another > 0 and _DIGITS.match(payload, another + len(HEAD)):
        return Malformed(Reason.GLUED_FRAMES, f"another frame begins at byte {another}: one message is one frame")
    declared, there = ends - _BEGUN, len(payload.rstrip(b"\r\n")) - _BEGUN - _CRC
    if len(payload) < ends + _CRC and not payload.endswith(b"\n"):
        return Malformed(Reason.HALF_FRAME, f"says {declared} bytes of data, ends after {max(there + _CRC, 0)}")
    return Malformed(Reason.LENGTH, f"says {declared} bytes of data, has {there}")


def _wrong_checksum(data: bytes, said: str, worked_out: int, kind: Checksum) -> Malformed:
    detail = f"checksum {said}, worked out {worked_out:04X}"
    header, content = _header(data), data.partition(_CP.encode())[2]
    newest = header is not None and header.edition is Edition.HJ_2025 and _ENCRYPTED.fullmatch(header.cn)
    if newest and _PRINTABLE.fullmatch(content) is None:
        return Malformed(Reason.UNSUPPORTED, f"{detail}; CP looks encrypted (SM4, edition 2025), no key is known")
    for other in Checksum:
        if other is not kind and int(said, 16) == checksum(data, other):
            detail += f"; it would be right as the checksum {other.value!r}, a setting of the station"
    return Malformed(Reason.CRC, detail)


def _header(data: bytes) -> Frame | None:
    """The fields before CP, where they are sound."""
    found = _fields(data.partition(_CP.encode())[0].decode(errors="replace") + _CP + _END)
    return found if isinstance(found, Frame) else None


def _fields(data: str) -> Frame | Malformed:
    header, found, content = data.partition(_CP)
    if not found or not content.endswith(_END):
        return Malformed(Reason.SYNTAX, "CP is not enclosed in &&")
    cp = content[: -len(_END)]
    if _END in cp:
        return Malformed(Reason.SYNTAX, "&& within CP")
    usual = _USUAL.match(header)
    if usual is not None:
        qn, st, cn, pw, mn, flag = usual.groups()
        return Frame(st, cn, mn, cp, qn, pw, int(flag))
    fields: dict[str, str] = {}
    # An example of the standard itself has a comma after QN.
    for item in header.replace(",", ";").split(";"):
        name, equals, value = item.partition("=")
        if not equals:
            if item.strip():
                return Malformed(Reason.SYNTAX, f"not a field: {item[:40]!r}")
        elif name in fields:
            return Malformed(Reason.REPEATED_KEY, f"{name[:40]} stands there twice")
        else:
            fields[name] = value
    return _checked(fields, cp)


def _checked(fields: dict[str, str], cp: str) -> Frame | Malformed:
    if strangers := fields.keys() - _FIELDS:
        return Malformed(Reason.SYNTAX, f"no such field: {min(strangers)[:40]!r}")
    for name, (shape, wanted) in _SHAPES.items():
        text = fields.get(name, "")
        if not shape.fullmatch(text) and (name in fields or name in _DEMANDED):
            return Malformed(Reason.SYNTAX, f"{name} {text[:40]!r}: {wanted} wanted")
    flag, pnum, pno = (int(fields[name]) if name in fields else None for name in ("Flag", "PNUM", "PNO"))
    if flag is not None and flag >> _VERSION_AT > _NEWEST:
        return Malformed(Reason.UNSUPPORTED, f"Flag {flag}: an edition later than 2025")
    if flag is not None and flag & _PACKETS and flag >> _VERSION_AT and not (pnum and pno and pno <= pnum):
        return Malformed(Reason.SYNTAX, f"Flag {flag} promises PNUM and PNO, found {pnum} and {pno}")
    get = fields.get
    return Frame(
        fields["ST"], fields["CN"], fields["MN"], cp, get("QN", ""), get("PW", ""), flag, pnum, pno, get("RF", "")
    )
