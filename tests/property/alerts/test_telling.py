"""Laws of identities, waiting and rendering rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts import backoff
from alerts.journal import rows
from alerts.model import Act, ActKind, Level
from alerts.notifications import Channel, act_id, notification_key

ACTS = st.builds(
    Act,
    warning=st.sampled_from(["w-1", "w-2"]),
    kind=st.sampled_from(ActKind),
    at=st.datetimes(timezones=st.just(UTC)),
    level=st.sampled_from(Level),
    person=st.none() | st.text(max_size=3),
    reason=st.text(max_size=3),
    transition=st.none() | st.sampled_from(["t1", "t2"]),
)


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_backoff_stays_between_half_the_first_and_the_longest(attempt: int, draw: float) -> None:
    """Never hammering, never waiting beyond the longest."""
    first, longest = timedelta(seconds=5), timedelta(seconds=600)
    pause = backoff.delay(attempt, first=first, longest=longest, draw=draw)
    assert first / 2 <= pause <= longest
    assert backoff.delay(attempt + 1, first=first, longest=longest, draw=draw) >= pause


@given(ACTS)
def test_act_row_gives_the_act_back(act: Act) -> None:
    """Times to the microsecond, texts as they were."""
    assert rows.act(rows.act_row(act)) == act


@given(ACTS, st.datetimes(timezones=st.just(UTC)))
def test_act_of_a_rule_is_known_by_its_transition(act: Act, other: datetime) -> None:
    """Noticed at another moment in a replay, it is the same act; a person's act is not."""
    again = Act(
        warning=act.warning,
        kind=act.kind,
        at=other,
        level=act.level,
        person=act.person,
        reason=act.reason,
        transition=act.transition,
    )
    assert (act_id(act) == act_id(again)) is (act.transition is not None or act.at == other)


@given(st.lists(st.text(max_size=3), min_size=6, max_size=6), st.sampled_from(Channel))
def test_notification_key_tells_four_things_apart(parts: list[str], channel: Channel) -> None:
    """Same four, same key; anything else, another key."""
    one = notification_key(warning=parts[0], act=parts[1], person=parts[2], channel=channel)
    other = notification_key(warning=parts[3], act=parts[4], person=parts[5], channel=channel)
    assert (one == other) is (parts[:3] == parts[3:])


@given(st.datetimes(timezones=st.just(UTC)))
def test_moments_are_exact(moment: datetime) -> None:
    """No float on the way."""
    assert rows.moment(rows.micros(moment)) == moment
