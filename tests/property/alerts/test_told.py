"""Laws of telling, over whole lives of a warning."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from alerts.entries import Entry
from alerts.model import ActKind, Level
from alerts.naming import Naming
from alerts.notifications import Channel, Notification
from alerts.people import NEWS, People
from alerts.routing import ENDINGS
from alerts.telling import Telling
from tests.support.alerts_people import NOON, a_place, a_receiver, a_warning, an_act, some_people

NAMING = Naming(
    places={"su-01": a_place()},
    rules={},
    parameters={},
    console_url="http://127.0.0.1:8080",
    zone=ZoneInfo("Asia/Shanghai"),
)


@st.composite
def people(draw: st.DrawFn) -> People:
    def told(person: str) -> dict[str, object]:
        return a_receiver(
            person,
            channels=draw(st.sampled_from([{"log": {}}, {"log": {}, "email": {"address": "a@b.example"}}])),
            told={
                "acts": draw(st.sets(st.sampled_from(sorted(NEWS)), min_size=1)),
                "minimum": draw(st.sampled_from(Level)),
                "areas": draw(st.sampled_from([[], ["river"], ["harbour"]])),
            },
        )

    return some_people(*(told(person) for person in ("chen", "lin", "wu")))


LIFE = st.lists(
    st.lists(
        st.tuples(st.sampled_from([*sorted(NEWS - ENDINGS), ActKind.ACKNOWLEDGED]), st.sampled_from(Level)),
        min_size=1,
        max_size=2,
    ),
    min_size=1,
    max_size=5,
)


def lived(everyone: People, life: list[list[tuple[ActKind, Level]]]) -> list[list[Notification]]:
    """What each step of a warning's life queues; the last step lifts it."""
    telling, outbox, steps = Telling(people=everyone, naming=NAMING), dict[str, str](), []
    for number, acts in enumerate([*life, [(ActKind.LIFTED, Level.ORANGE)]]):
        at = NOON + timedelta(minutes=number)
        entry = Entry(
            warning=a_warning(),
            acts=tuple(an_act(kind, level=level, at=at, reason=str(one)) for one, (kind, level) in enumerate(acts)),
        )
        queued = telling.notifications([entry], {entry.warning.id: outbox})
        assert (
            telling.notifications([entry], {entry.warning.id: outbox | {one.key: one.person for one in queued}}) == []
        )
        outbox |= {one.key: one.person for one in queued}
        steps.append(queued)
    return steps


@given(people(), LIFE)
def test_whoever_was_told_is_told_of_the_lifting(everyone: People, life: list[list[tuple[ActKind, Level]]]) -> None:
    """All of them, over all their channels, and nobody else; and nothing again when the step comes again."""
    *before, lifting = lived(everyone, life)
    heard = {one.person for step in before for one in step}
    expected = {(person, channel) for person in heard for channel in everyone.by_id[person].channels.addresses}
    assert {(one.person, one.channel) for one in lifting} == expected


@given(people(), LIFE)
def test_nobody_is_told_twice_of_one_step(everyone: People, life: list[list[tuple[ActKind, Level]]]) -> None:
    """One message a person and channel, and no key in two places."""
    steps = lived(everyone, life)
    for step in steps:
        assert len({(one.person, one.channel) for one in step}) == len(step)
    keys = [one.key for step in steps for one in step]
    assert len(set(keys)) == len(keys)


@given(people(), LIFE)
def test_replayed_time_reaches_only_the_log(everyone: People, life: list[list[tuple[ActKind, Level]]]) -> None:
    """Whatever channels people have."""
    telling = Telling(people=everyone, naming=NAMING, only=frozenset({Channel.LOG}))
    for acts in life:
        entry = Entry(warning=a_warning(), acts=tuple(an_act(kind, level=level) for kind, level in acts))
        assert {one.channel for one in telling.notifications([entry], {})} <= {Channel.LOG}
