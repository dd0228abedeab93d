"""From what happened to what is queued: routing, dedup and rendering, one after the other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from alerts.dedup import Timing, timing
from alerts.entries import Entry
from alerts.model import Act, PollutionWarning
from alerts.naming import Naming
from alerts.notifications import Channel, Notification, act_id, notification_key
from alerts.notify import render
from alerts.people import People
from alerts.routing import Route, routes


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """`only` restricts the channels: in replayed time nothing may reach people outside."""

    people: People
    naming: Naming
    only: frozenset[Channel] | None = None

    def notifications(self, entries: Iterable[Entry], told: Mapping[str, Mapping[str, str]]) -> list[Notification]:
        """What the steps give to send. `told` is, for each warning, the keys in the outbox and whom each tells."""
        keys = {key for of_warning in told.values() for key in of_warning}
        heard = {warning: set(of_warning.values()) for warning, of_warning in told.items()}
        found: list[Notification] = []
        for entry in entries:
            for one in self._of_entry(entry, heard.setdefault(entry.warning.id, set()), keys):
                keys.add(one.key)
                found.append(one)
        return found

    def _of_entry(self, entry: Entry, heard: set[str], keys: set[str]) -> Iterator[Notification]:
        warning, area = entry.warning, self.naming.area(entry.warning)
        routed: list[tuple[Act, tuple[Route, ...]]] = []
        for act in entry.acts:
            to = routes(warning, act, self.people, area=area, heard=heard, only=self.only)
            heard.update(route.person for route in to)
            routed.append((act, to))
        for number, (act, to) in enumerate(routed):
            later = [others for _, others in routed[number + 1 :]]
            for route in to:
                key = notification_key(warning=warning.id, act=act_id(act), person=route.person, channel=route.channel)
                if timing(act, key=key, known=keys, later=later, route=route) is Timing.NOW:
                    yield self._worded(warning, act, route, key)

    def _worded(self, warning: PollutionWarning, act: Act, route: Route, key: str) -> Notification:
        actor = self.people.by_id.get(act.person) if act.person else None
        matter = render.Matter(
            warning=warning,
            act=act,
            place=self.naming.place(warning),
            rule_name=self.naming.rule(warning),
            person_name=(actor.name.zh, actor.name.en) if actor else None,
            url=self.naming.page(warning),
            zone=self.naming.zone,
        )
        language = self.people.by_id[route.person].language
        return Notification(
            key=key,
            warning=warning.id,
            act=act_id(act),
            person=route.person,
            channel=route.channel,
            language=language,
            subject=render.subject(matter, language),
            text=render.text(matter, language),
            payload=render.payload(matter),
        )
