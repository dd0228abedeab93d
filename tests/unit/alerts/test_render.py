"""A warning in a person's words. The golden files are what people read: look at every difference."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import ActKind, Level, WarningState, WarningType
from alerts.notifications import Language
from alerts.notify import render
from alerts.notify.words import WORDS
from tests.support.alerts_people import NOON, a_place, a_transition, a_warning, an_act

GOLDEN = Path(__file__).parents[2] / "golden" / "notify"

ISSUED = render.Matter(
    warning=a_warning(),
    act=an_act(ActKind.ISSUED),
    place=a_place(),
    rule_name=("上游氨氮超过III类", "Ammonia nitrogen above class III upstream"),
    person_name=None,
    url="http://127.0.0.1:8080/warnings/w-0123456789ab",
    zone=ZoneInfo("Asia/Shanghai"),
)
MATTERS = {
    "issued": ISSUED,
    "drill": replace(ISSUED, warning=a_warning(drill=True)),
    "proposed": replace(
        ISSUED,
        warning=a_warning(
            type=WarningType.POLLUTION_WEATHER,
            state=WarningState.PROPOSED,
            kind="air",
            subject="harbour",
            subject_is_area=True,
            level=Level.YELLOW,
            evidence=replace(a_transition(inequality="24 h mean of pm2_5 163.2 > 150 ug/m3").evidence, missing=2),
        ),
        act=an_act(ActKind.PROPOSED, level=Level.YELLOW),
        place=a_place(id="harbour", zh="港区", en="Harbour", kind="air", area="harbour", is_area=True),
        rule_name=("PM2.5 24小时均值", "PM2.5, mean of 24 h"),
    ),
    "lifted": replace(
        ISSUED,
        warning=a_warning(state=WarningState.LIFTED, lifted_at=NOON + timedelta(hours=5)),
        act=an_act(ActKind.LIFTED, person="chen", reason="Two samples below the limit"),
        person_name=("陈晓岚", "Chen Xiaolan"),
    ),
}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("case", MATTERS)
def test_render_matches_the_golden_text(case: str, language: Language) -> None:
    """Word for word."""
    said = f"{render.subject(MATTERS[case], language)}\n\n{render.text(MATTERS[case], language)}"
    assert said == (GOLDEN / f"{case}.{language}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", Language)
def test_render_repeat_says_so(language: Language) -> None:
    """A repeat is marked in the subject and in the first line; the rest is the same."""
    subject, text = render.subject(ISSUED, language), render.text(ISSUED, language)
    golden = (GOLDEN / f"repeat.{language}.txt").read_text(encoding="utf-8")
    assert f"{render.as_repeat(subject, language)}\n\n{render.as_repeat_text(text, language)}" == golden


@pytest.mark.parametrize("language", Language)
def test_words_are_complete(language: Language) -> None:
    """Every level, type, state and act has its word in every language."""
    words = WORDS[language]
    assert set(words.levels) == set(Level)
    assert set(words.types) == set(WarningType)
    assert set(words.states) == set(WarningState)
    assert set(words.acts) == set(ActKind)


def test_render_payload_is_json_and_says_drill() -> None:
    """Programs read the same facts."""
    read = orjson.loads(orjson.dumps(render.payload(MATTERS["drill"])))
    assert (read["drill"], read["warning"]["level"], read["act"]["kind"]) == (True, "orange", "issued")


@given(st.text(), st.text(), st.text(), st.sampled_from(Language), st.sampled_from(ActKind))
def test_render_takes_any_name_and_reason(
    name: str, reason: str, inequality: str, language: Language, kind: ActKind
) -> None:
    """Never raises; a name cannot break the subject's line or add a line to the facts."""
    matter = replace(
        ISSUED,
        place=a_place(zh=name, en=name),
        act=an_act(kind, person=name, reason=reason),
        warning=a_warning(evidence=a_transition(inequality=inequality).evidence),
    )
    assert render.subject(matter, language).isprintable()
    text = render.text(matter, language)
    assert len(text.splitlines()) <= len(render.text(MATTERS["lifted"], language).splitlines()) + 1
    text.encode()
