"""What the methods are worth, as figures and as Markdown: chosen on the first half, scored on the second."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from tests.skill.methods import Method, Scores
from tests.skill.recordings import Recording
from tests.skill.scoring import Part, Swept, Tally, recall_within, sweep, tally


class Trial(NamedTuple):
    """Recordings of one sort, the methods that are tried on them, and false alarms a week and station to compare at.

    The working threshold is the one with the best F1 on the first half within the budget `working`.
    """

    title: str
    about: str
    recordings: Sequence[Recording]
    methods: Sequence[Method]
    budgets: Sequence[float]
    working: float


class Result(NamedTuple):
    """One method. `setting` and `threshold` are of the first half, the rest of the second."""

    method: str
    setting: str
    threshold: float
    at_work: Tally
    curve: Sequence[Swept]


def run(trial: Trial, progress: Callable[[str], None]) -> list[Result]:
    """Every method, in order."""
    found: list[Result] = []
    for method in trial.methods:
        best: tuple[float, str, list[Scores], list[Swept]] | None = None
        for said, scorer in method.settings.items():
            progress(f"{trial.title}: {method.name}, {said} ...")
            scores = [scorer(recording) for recording in trial.recordings]
            tuned = sweep(_parts(trial, scores, first=True), stations=len(trial.recordings))
            worth = sum(recall_within(tuned, budget) for budget in trial.budgets)
            if best is None or worth > best[0]:
                best = (worth, said, scores, tuned)
        assert best is not None, "a method has settings"
        _, said, scores, tuned = best
        within = [one for one in tuned if one.tally.false_a_week <= trial.working] or tuned[:1]
        threshold = max(within, key=lambda one: one.tally.f1).threshold
        scored, stations = _parts(trial, scores, first=False), len(trial.recordings)
        at_work = tally(scored, threshold, stations=stations)
        found.append(Result(method.name, said, threshold, at_work, sweep(scored, stations=stations)))
    return found


def markdown(trial: Trial, results: Sequence[Result]) -> str:
    """A section."""
    return "\n".join(
        [f"## {trial.title}", "", trial.about, "", *_working(trial, results), "", *_curves(trial, results), ""]
    )


def _parts(trial: Trial, scores: Sequence[Scores], *, first: bool) -> list[Part]:
    """One half of the rows, subject by subject; an event belongs to the half that it begins in."""
    found: list[Part] = []
    for recording, of in zip(trial.recordings, scores, strict=True):
        begin, end = (0, recording.half) if first else (recording.half, len(recording.instants))
        for subject, events in recording.events.items():
            own = [(at - begin, until - begin) for at, until in events if begin <= at < end]
            found.append(Part(recording.instants[begin:end], of[subject][begin:end], own))
    return found


def _working(trial: Trial, results: Sequence[Result]) -> Iterator[str]:
    yield (
        f"At the threshold chosen on the first half (best F1 with at most {trial.working:g} false alarms a week and "
        "station there), on the second half; delays are medians:"
    )
    yield ""
    yield "| method | setting | threshold | events | found | precision | recall | F1 | delay, min | false a week |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for one in results:
        work = one.at_work
        rates = f"{work.precision:.2f} | {work.recall:.2f} | {work.f1:.2f} | {work.delay:.0f} | {work.false_a_week:.2f}"
        yield f"| {one.method} | {one.setting} | {one.threshold:.3g} | {work.events} | {work.found} | {rates} |"


def _curves(trial: Trial, results: Sequence[Result]) -> Iterator[str]:
    """The first method against the best of the others."""
    yield "Event recall on the second half by the false alarms allowed there (for each method its best threshold):"
    yield ""
    names = " | ".join(one.method for one in results)
    yield f"| false alarms a week and station | {names} | ahead of the best baseline |"
    yield f"|{'---|' * (len(results) + 2)}"
    for budget in trial.budgets:
        recalls = [recall_within(one.curve, budget) for one in results]
        ahead = 100 * (recalls[0] - max(recalls[1:]))
        yield f"| {budget:g} | {' | '.join(f'{recall:.2f}' for recall in recalls)} | {ahead:+.0f} points |"
