"""Which series of several parameters' changes there are, and whose scores they hear. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from alerts.deviation import Ear
from alerts.evaluation import Series
from alerts.index_names import JOINT_CHANGE
from alerts.joint import JointSeries, Parts
from alerts.model import Place
from alerts.rules.change import ChangeRule
from alerts.rules.joint import JointRule
from alerts.rules.rule import JudgedRule
from alerts.scheme import Scheme

Key = tuple[str, str]  # parameter and period


class Joints:
    """`route` gives the series of a key at a place, `there` the one that a rule is over, where anything of it has come.

    `wait` is told of a joint series that has heard something.
    """

    def __init__(
        self,
        *,
        rules: Sequence[JudgedRule],
        route: Callable[[Place, Key], Sequence[Series]],
        there: Callable[[Place, JudgedRule], Series | None],
        wait: Callable[[JointSeries], None],
    ) -> None:
        self._route = route
        self._there = there
        self._wait = wait
        self._joined = {(rule.of, rule.period) for rule in rules if isinstance(rule, JointRule)}
        self._changing: dict[Key, list[ChangeRule]] = {}  # by entry and period
        for rule in rules:
            if isinstance(rule, ChangeRule) and (rule.entry, rule.period) in self._joined:
                self._changing.setdefault((rule.entry, rule.period), []).append(rule)
        self._ears: dict[str, dict[str, Ear]] = {}  # by place and rule over one parameter
        self._parts: dict[tuple[str, ...], Parts] = {}

    def listening(self, rules: Iterable[JudgedRule], place: Place) -> Sequence[JointSeries]:
        """The joint series that hear one of these rules over single parameters."""
        keys = {(rule.entry, rule.period) for rule in rules} & self._joined
        found = (one for _, period in sorted(keys) for one in self._route(place, (JOINT_CHANGE, period)))
        return [one for one in found if isinstance(one, JointSeries)]

    def ear(self, place: Place, rule: str) -> Ear | None:
        """Through which the scores of a rule over one parameter are heard there; None where nobody listens."""
        return self._ears.get(place.id, {}).get(rule)

    def begun(self, scheme: Scheme, place: Place) -> JointSeries:
        """The series of these joint rules there: of one entry all (`scheme.sharing`)."""
        rules = [rule for rule in scheme.rules if isinstance(rule, JointRule)]
        every = self._changing.get((rules[0].of, rules[0].period), ())
        changing = [rule for rule in every if rule.watches(place)]
        key = tuple(rule.id for rule in (*rules, *changing))
        if key not in self._parts:
            self._parts[key] = Parts(joint_rules=rules, changing=changing)
        own = self._ears.setdefault(place.id, {})
        ears = [own.setdefault(rule.id, Ear()) for rule in changing]
        return JointSeries(scheme=scheme, place=place, parts=self._parts[key], ears=ears, surround=self)

    def others(self, place: Place, parts: Parts) -> Sequence[Series]:
        """The series of the parameters that have come."""
        return [one for rule in parts.rules if (one := self._there(place, rule)) is not None]

    def changed(self, series: JointSeries) -> None:
        """It has heard something, to be judged once all of a delivery are in."""
        self._wait(series)
