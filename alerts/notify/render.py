"""A warning in a person's words: subject and text. Pure; never raises, whatever names and reasons hold.

The same act is rendered once, when it is journalled; a repeat only gets its mark.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from alerts.model import Act, Place, PollutionWarning
from alerts.notifications import Language, act_id
from alerts.notify.words import WORDS, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What is told: the act, the warning as it stood after it, and what its codes are called."""

    warning: PollutionWarning
    act: Act
    place: Place | None
    rule_name: tuple[str, str]  # zh, en
    person_name: tuple[str, str] | None  # who acted; None where the rule did
    url: str  # of the warning's page
    zone: tzinfo  # of the times shown


def subject(matter: Matter, language: Language) -> str:
    """One line: how grave, what, what happened, where. Marked when it is a drill."""
    words = WORDS[language]
    line = words.headline.format(
        level=words.levels[matter.act.level],
        type=words.types[matter.warning.type],
        act=words.acts[matter.act.kind],
        place=_place(matter, language),
    )
    return _one_line((words.drill if matter.warning.drill else "") + line[:1].upper() + line[1:])


def text(matter: Matter, language: Language) -> str:
    """The message: facts first, then what is wanted of the reader, then the link."""
    words = WORDS[language]
    warning = matter.warning
    notes = [
        words.drill_line if warning.drill else "",
        words.basis_withdrawn if warning.basis_withdrawn else "",
        words.lift_due if warning.lift_due and warning.open else "",
    ]
    facts = [f"{label}{words.colon}{_one_line(said)}" for label, said in _facts(matter, language, words) if said]
    parts = [[note for note in notes if note], facts, [f"{words.open}{words.colon}{matter.url}"], [words.advisory]]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def as_repeat(said: str, language: Language) -> str:
    """The subject again, when an earlier attempt may have arrived."""
    return WORDS[language].repeat + said


def as_repeat_text(said: str, language: Language) -> str:
    """The text again, when an earlier attempt may have arrived."""
    return f"{WORDS[language].repeat_line}\n\n{said}"


def payload(matter: Matter) -> Mapping[str, Any]:
    """The same for programs, in codes and both languages. Additions keep `version`; changes raise it."""
    warning, act, place = matter.warning, matter.act, matter.place
    return {
        "version": 1,
        "drill": warning.drill,
        "warning": {
            "id": warning.id,
            "rule": warning.rule,
            "rule_name": {"zh": matter.rule_name[0], "en": matter.rule_name[1]},
            "type": warning.type.value,
            "kind": warning.kind,
            "subject": warning.subject,
            "subject_is_area": warning.subject_is_area,
            "subject_name": {"zh": place.zh, "en": place.en} if place else None,
            "parameter": warning.parameter,
            "level": warning.level.value,
            "state": warning.state.value,
            "onset": warning.onset.isoformat(),
            "raised_at": warning.raised_at.isoformat(),
            "lifted_at": warning.lifted_at.isoformat() if warning.lifted_at else None,
            "lift_due": warning.lift_due,
            "basis_withdrawn": warning.basis_withdrawn,
            "inequality": warning.evidence.inequality,
        },
        "act": {
            "id": act_id(act),
            "kind": act.kind.value,
            "level": act.level.value,
            "at": act.at.isoformat(),
            "person": act.person,
            "reason": act.reason,
        },
        "url": matter.url,
    }


def _facts(matter: Matter, language: Language, words: Words) -> list[tuple[str, str]]:
    warning, act = matter.warning, matter.act
    missing = words.missing.format(count=warning.evidence.missing) if warning.evidence.missing else ""
    return [
        (words.rule, _in(language, matter.rule_name)),
        (words.level, words.levels[act.level]),
        (words.state, words.states[warning.state]),
        (words.where, _place(matter, language)),
        (words.since, _time(warning.onset, matter.zone)),
        (words.lifted, _time(warning.lifted_at, matter.zone) if warning.lifted_at else ""),
        (words.why, "; ".join(said for said in (warning.evidence.inequality, missing) if said)),
        (words.by, _in(language, matter.person_name) if matter.person_name else (act.person or "")),
        (words.reason, act.reason),
    ]


def _place(matter: Matter, language: Language) -> str:
    place = matter.place
    if place is None:
        return matter.warning.subject
    name = _in(language, (place.zh, place.en))
    return name if place.is_area else WORDS[language].station.format(name=name, id=place.id)


def _in(language: Language, names: tuple[str, str]) -> str:
    return names[0] if language is Language.ZH else names[1]


def _time(moment: datetime, zone: tzinfo) -> str:
    local = moment.astimezone(zone)
    offset = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M} (UTC{offset[:3]}:{offset[3:5]})"


def _one_line(said: str) -> str:
    """No line breaks or control characters: a name must not be able to write a mail's headers or a second fact."""
    return " ".join("".join(char if char.isprintable() else " " for char in said).split())
