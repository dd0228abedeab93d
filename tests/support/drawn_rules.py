"""Rules as files write them, and streams for them, drawn so that numbers and silences meet their bounds exactly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.support.rules import STEP, T0, ASample, a_place, at

# Numbers meet the levels exactly, as values, as differences (0.9 - 0.6), as percentages and as means of several.
RAISES = [0.3, 1.0, 1.5]
NUMBERS = [0.0, 0.1, 0.2, 0.3, 0.6, 0.7, 0.9, 1.0, 1.1, 1.3, 1.5, 1.7, 2.0, 2.1, 3.3]
LIMIT = 0.7  # no binary fraction, nor are most of its shares
LIMITED = [a_place(limits=(("nh3_n", LIMIT),))]
SHARES = [0.0, 0.2, 0.21, 0.22, 0.7, 0.8, 1.04, 1.05, 1.06, 2.1]  # 0.3, 1 and 1.5 times the limit are among them
NESTED = [["pass"], ["pass", "unchecked"], ["pass", "unchecked", "suspect"]]
FLAGS = [1, 1, 1, 1, 2, 3, 3, 4, 9]


@st.composite
def conditions(draw: st.DrawFn, *, scale: float = 1.0, below: bool = False) -> dict[str, Any]:
    """One comparator; whatever is not drawn keeps its default."""
    raise_ = draw(st.sampled_from(RAISES))
    apart = draw(st.sampled_from([0.0, 0.2, 0.3]))
    optional = {
        "lift": st.just(round((raise_ + (apart if below else -apart)) * scale, 6)),
        "for": st.sampled_from(["5m", "10m", "20m"]),
        "samples": st.integers(2, 3),
        "lift_for": st.sampled_from(["5m", "10m"]),
        "lift_samples": st.integers(2, 3),
    }
    return {"raise": raise_ * scale, **draw(st.fixed_dictionaries({}, optional=optional))}


@st.composite
def levels(draw: st.DrawFn, *, scale: float = 1.0, below: bool = False) -> dict[str, Any]:
    """One to three levels, some of several conditions."""
    one = conditions(scale=scale, below=below)
    several = st.lists(one, min_size=1, max_size=2)
    any_of, all_of = several.map(lambda of: {"any_of": of}), several.map(lambda of: {"all_of": of})
    either = st.tuples(one, one, one).map(lambda of: {"any_of": [of[0]], "all_of": [of[1], of[2]]})
    level = st.one_of(one, one, one, any_of, all_of, either)
    return draw(st.dictionaries(st.sampled_from(["yellow", "orange", "red"]), level, min_size=1, max_size=3))


@st.composite
def accepting(draw: st.DrawFn) -> dict[str, Any]:
    """What is evidence, and how long a silence interrupts."""
    nested = st.sampled_from(NESTED)
    return draw(
        st.fixed_dictionaries(
            {},
            optional={"accept": nested, "accept_to_lift": nested, "max_gap": st.sampled_from(["5m", "10m", "30m"])},
        )
    )


@st.composite
def thresholds(draw: st.DrawFn) -> dict[str, Any]:
    direction = draw(st.sampled_from(["above", "below"]))
    return {
        "kind": "threshold",
        "direction": direction,
        "inclusive": draw(st.booleans()),
        "levels": draw(levels(below=direction == "below")),
        **draw(accepting()),
    }


@st.composite
def means(draw: st.DrawFn) -> dict[str, Any]:
    over = draw(st.sampled_from(["10m", "15m", "30m"]))
    return {**draw(thresholds()), "value": {"mean": {"over": over, "at_least": draw(st.integers(1, 3))}}}


@st.composite
def rates(draw: st.DrawFn) -> dict[str, Any]:
    percent = draw(st.booleans())
    return {
        "kind": "rate",
        "over": draw(st.sampled_from(["5m", "15m", "30m"])),
        "direction": draw(st.sampled_from(["rise", "fall", "either"])),
        "percent": percent,
        "inclusive": draw(st.booleans()),
        "levels": draw(levels(scale=100.0 if percent else 1.0)),
        **draw(accepting()),
    }


@st.composite
def qualities(draw: st.DrawFn) -> dict[str, Any]:
    optional = {"lift_samples": st.integers(1, 3), "accept_to_lift": st.sampled_from(NESTED)}
    return {
        "kind": "quality",
        "type": "device",
        "reasons": draw(st.sampled_from(["flat_line", ["flat_line", "spike"]])),
        "samples": draw(st.integers(1, 3)),
        **draw(st.fixed_dictionaries({}, optional=optional)),
    }


def shares() -> st.SearchStrategy[dict[str, Any]]:
    """Shares of the place's limit."""
    return thresholds().map(lambda drawn: {**drawn, "value": {"of_limit": True}})


SELECT = {"kind": "source", "parameter": "nh3_n", "period": "5m"}
KINDS = {"value": thresholds(), "mean": means(), "rate": rates(), "quality": qualities(), "share": shares()}


@st.composite
def a_sample(draw: st.DrawFn, step: int, *, station: str = "s1", numbers: Sequence[float] = NUMBERS) -> ASample:
    flag = draw(st.sampled_from(FLAGS))
    value = draw(st.sampled_from(numbers))
    return ASample(
        station=station,
        instant=T0 + STEP * step,
        received_at=T0 + STEP * step + timedelta(seconds=1),
        value=None if flag == 9 else value,
        flag=flag,
        reason="" if flag == 9 else draw(st.sampled_from(["", "flat_line", "spike"])),
    )


@st.composite
def streams(draw: st.DrawFn, *, numbers: Sequence[float] = NUMBERS) -> list[ASample]:
    """One series in order: rows at its pace with gaps between, now just as long as a rule bears, now longer."""
    paces = draw(st.lists(st.sampled_from([1, 1, 1, 1, 1, 1, 2, 3, 4, 7]), min_size=1, max_size=40))
    step, found = 0, []
    for pace in paces:
        step += pace
        found.append(draw(a_sample(step, numbers=numbers)))
    return found


@st.composite
def cases(draw: st.DrawFn, kind: str) -> tuple[dict[str, Any], list[ASample]]:
    """A rule of that kind, and a stream for it."""
    rule = {**draw(KINDS[kind]), "select": SELECT}
    return rule, draw(streams(numbers=SHARES if kind == "share" else NUMBERS))


@st.composite
def disorders(draw: st.DrawFn, streamed: list[ASample]) -> list[ASample]:
    """The same, repeated here, corrected there, in any order."""
    again = draw(st.lists(st.sampled_from(streamed), max_size=10))
    wrong = draw(st.lists(st.sampled_from(streamed), max_size=6))
    corrections = [draw(a_sample((one.instant - T0) // STEP, station=one.station)) for one in wrong]
    return draw(st.permutations([*streamed, *again, *corrections]))


AREA = [a_place(f"s{n}") for n in range(4)]


@st.composite
def area_rules(draw: st.DrawFn) -> dict[str, Any]:
    return {
        **draw(st.one_of(thresholds(), means())),
        "coverage": draw(st.sampled_from([0.25, 0.3, 0.5, 0.75, 1.0])),
        "select": {**SELECT, "per": "area"},
    }


@st.composite
def area_streams(draw: st.DrawFn, *, gaps: bool = True) -> list[ASample]:
    """Four stations, instant by instant, within an instant in any order; not each speaks each time."""
    step, found = 0, []
    for pace in draw(st.lists(st.sampled_from([1, 1, 1, 4] if gaps else [1]), min_size=1, max_size=14)):
        step += pace
        speakers = draw(st.lists(st.sampled_from([place.id for place in AREA]), min_size=1, unique=True))
        found += [draw(a_sample(step, station=station)) for station in speakers]
    return found


@st.composite
def messages(draw: st.DrawFn) -> list[ASample]:
    """What comes to the clock's minutes: current, old and future readings of two stations."""
    minutes = sorted(draw(st.lists(st.integers(0, 150), max_size=25)))
    return [
        ASample(
            station=draw(st.sampled_from(["s1", "s1", "s2"])),
            instant=at(minute + draw(st.sampled_from([0, 0, 0, -3, -20, -40, 5, 6, 90]))),
            received_at=at(minute),
            flag=draw(st.sampled_from(FLAGS)),
        )
        for minute in minutes
    ]
