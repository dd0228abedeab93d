"""The configuration changed in a running service: nothing lost, no alarm forgotten, told twice or orphaned."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
import yaml
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.district import ROOT, days_up_to_now
from tests.support.mosquitto import mosquitto
from tests.support.service import PATIENCE, Running, a_configuration, clearwarn, serving

OUTFALL, STATIONS, RULES = "out-01", "stations/outfalls.yaml", "rules/outfall.yaml"  # of COD it may let out 50 mg/L
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


@dataclass(frozen=True, slots=True)
class Site:
    """A service that runs on replayed time, and who publishes to it."""

    service: Running
    config: Path
    data: Path
    publisher: paho.Client

    def edit(self, file: str, change: Callable[[Any], object]) -> None:
        """Changes one YAML file of the configuration."""
        path = self.config / file
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(document)
        path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")

    def reload(self) -> tuple[int, Mapping[str, Any]]:
        """Exit code and answer."""
        done = clearwarn("reload", "--data", str(self.data), "--json", config=self.config)
        return done.returncode, json.loads(done.stdout)

    def say(self, station: str, hour: int, **values: float) -> None:
        """A reading of that hour of 2026-11-20, told five minutes after its end; returns once the broker has it."""
        end = f"2026-11-{20 + (hour + 1) // 24:02}T{(hour + 1) % 24:02}:05:00+08:00"
        reading = {
            "station": station,
            "time": f"2026-11-{20 + hour // 24:02}T{hour % 24:02}:00:00+08:00",
            "period": "1h",
            "values": values,
        }
        for topic, message in (
            ("clearwarn/v1/clock", {"now": end}),
            (f"clearwarn/v1/outfall/{station}/reading", reading),
        ):
            self.publisher.publish(topic, json.dumps(message), qos=1).wait_for_publish(PATIENCE)

    def ledger(self, received: int) -> Mapping[str, Any]:
        """Once so many have been received and nothing waits."""
        answer: Mapping[str, Any] = self.service.until(
            "/api/intake", lambda now: now["received"] >= received and now["waiting"] == 0
        )
        return answer

    def warning(self, station: str, state: str) -> Mapping[str, Any]:
        """The newest of an outfall's COD, once it stands so."""

        def of(answer: Any) -> list[Mapping[str, Any]]:
            return [one for one in answer if one["station"] == station and one["parameter"] == "cod_of_limit"]

        met = self.service.until("/api/warnings?limit=1000", lambda now: bool(of(now)) and of(now)[0]["state"] == state)
        return of(met)[0]

    def told(self) -> list[tuple[str, ...]]:
        """(warning, act, person, channel) of every notification."""
        with sqlite3.connect(f"file:{self.data / 'state.db'}?mode=ro", uri=True) as journal:
            return [tuple(row) for row in journal.execute("SELECT warning, act, person, channel FROM notifications")]


@contextmanager
def a_site(tmp_path: Path, **service: Any) -> Iterator[Site]:
    data = tmp_path / "data"
    with mosquitto(tmp_path) as broker:
        config = a_configuration(tmp_path / "config", broker, **service)
        with serving(config, data, "--clock", "replay") as running:
            running.ready()
            publisher = paho.Client(CallbackAPIVersion.VERSION2, client_id="devices")
            publisher.max_queued_messages_set(0)
            publisher.connect(broker.host, broker.port)
            publisher.loop_start()
            try:
                yield Site(running, config, data, publisher)
            finally:
                publisher.disconnect()
                publisher.loop_stop()


def _levels(raise_: float) -> Callable[[Any], object]:
    """The outfall rule's yellow, in permit limits."""
    return lambda document: document["rules"][0]["levels"]["yellow"].update({"raise": raise_})


def _another(document: Any) -> None:
    """A station `out-99` like the first, at an outfall of the same permit."""
    document["stations"].append({**document["stations"][0], "id": "out-99"})
    document["outfalls"].append({**document["outfalls"][0], "code": "XL-0099", "stations": ["out-99"]})


def _closed(document: Any) -> None:
    document["stations"] = [one for one in document["stations"] if one["id"] != OUTFALL]
    document["outfalls"] = [one for one in document["outfalls"] if one["stations"] != [OUTFALL]]


def _balances(ledger: Mapping[str, Any]) -> bool:
    settled: int = ledger["stored"] + ledger["duplicate"] + ledger["quarantined"]
    return bool(settled == ledger["received"])


def test_station_and_threshold_change_in_the_running_service(tmp_path: Path) -> None:
    """What stands stands until the new rule lifts it; the new station is heard; a kill afterwards changes nothing."""
    with a_site(tmp_path) as site:
        site.say(OUTFALL, 8, cod=60.0)
        site.say("out-99", 8, cod=60.0)
        raised = site.warning(OUTFALL, "issued")
        assert site.ledger(2)["quarantined"] == 1
        site.edit(STATIONS, _another)
        site.edit(RULES, _levels(1.3))
        code, plan = site.reload()
        assert code == 0, plan
        said = {change["id"]: change["details"] for change in plan["changes"]}
        assert said["out-99"] == []
        assert (
            said["outfall-limit (cod_of_limit, nh3_n_of_limit, tp_of_limit, tn_of_limit, ss_of_limit)"][0]
            == "yellow raise 1 -> 1.3 x the limit"
        )
        assert [(one["warning"], one["orphaned"]) for one in plan["touched"]] == [(raised["id"], False)]
        assert site.warning(OUTFALL, "issued")["id"] == raised["id"]
        site.service.kill()
        with serving(site.config, site.data, "--clock", "replay") as again:
            again.ready()
            after = Site(again, site.config, site.data, site.publisher)
            after.say("out-99", 9, cod=120.0)
            assert after.warning("out-99", "issued")["level"] == "orange"
            after.say(OUTFALL, 9, cod=60.0)
            assert after.warning(OUTFALL, "lifted")["id"] == raised["id"]
            assert _balances(after.ledger(4))
            assert again.stop() == 0
    assert len(set(site.told())) == len(site.told()) > 0


def test_reload_refuses_to_orphan_a_standing_warning(tmp_path: Path) -> None:
    """As a whole, saying which; so does the plan. Once it is over there is nothing in the way."""
    with a_site(tmp_path) as site:
        site.say(OUTFALL, 8, cod=60.0)
        raised = site.warning(OUTFALL, "issued")
        present = tmp_path / "present"
        shutil.copytree(site.config, present)
        site.edit(STATIONS, _closed)
        site.edit(RULES, _levels(1.1))
        planned = clearwarn("config", "plan", str(site.config), "--data", str(site.data), "--json", config=present)
        assert planned.returncode == 1, planned.stderr
        for code, plan in ((1, json.loads(planned.stdout)), site.reload()):
            assert code == 1
            assert [one["warning"] for one in plan["touched"] if one["orphaned"]] == [raised["id"]]
        shown = clearwarn("reload", "--data", str(site.data), config=site.config)
        assert raised["id"] in shown.stderr
        assert "lift or dismiss" in shown.stderr
        site.say(OUTFALL, 9, cod=10.0)
        assert site.warning(OUTFALL, "lifted")["id"] == raised["id"]
        code, plan = site.reload()
        assert (code, plan["touched"]) == (0, [])
        site.say(OUTFALL, 10, cod=10.0)
        assert site.ledger(3)["quarantined"] == 1


def test_reload_of_what_cannot_be_taken_changes_nothing(tmp_path: Path) -> None:
    """A mistake: every problem, exit code 2. What needs a restart is said. SIGHUP is answered in the log."""
    with a_site(tmp_path) as site:
        sound = (site.config / RULES).read_text(encoding="utf-8")
        site.edit(RULES, lambda document: document["rules"][0].update(type="nonsense", kind="threshold"))
        site.edit("people.yaml", lambda document: document["receivers"][0].pop("name"))
        code, answer = site.reload()
        assert code == 2
        assert all(any(part in one for one in answer["problems"]) for part in ("outfall.yaml", "people.yaml"))
        (site.config / RULES).write_text(sound, encoding="utf-8")
        shutil.copy(ROOT / "config" / "people.yaml", site.config / "people.yaml")
        site.edit("service.yaml", lambda document: document["broker"].update(keepalive="40s"))
        code, answer = site.reload()
        assert (code, answer["restart"]) == (1, ["broker keepalive 30s -> 40s"])
        site.edit("service.yaml", lambda document: document["broker"].update(keepalive="30s"))
        site.edit(RULES, _levels(1.3))
        site.service.process.send_signal(signal.SIGHUP)
        log = site.service.log
        site.service.until("/healthz", lambda _: "reloaded: 1 changes" in log.read_text(encoding="utf-8"))
        site.say(OUTFALL, 8, cod=60.0)
        site.say(OUTFALL, 9, cod=70.0)
        assert "1.4" in site.warning(OUTFALL, "issued")["inequality"]
        assert site.service.stop() == 0
        nobody = clearwarn("reload", "--data", str(site.data), config=site.config)
        assert nobody.returncode == 1
        assert "clearwarn serve" in nobody.stderr


def test_reload_under_load_loses_nothing(tmp_path: Path) -> None:
    """Days of the district while a rule changes again and again: all sent is there, nobody told twice."""
    data = tmp_path / "data"
    with mosquitto(tmp_path) as broker, ThreadPoolExecutor(1) as devices:
        config = a_configuration(tmp_path / "config", broker)
        shutil.copytree(config, tmp_path / "devices")
        with serving(config, data) as service:
            service.ready()
            site = Site(service, config, data, paho.Client(CallbackAPIVersion.VERSION2))
            said = ("simulate", "--broker", broker.url, *days_up_to_now())
            sending = devices.submit(clearwarn, *said, config=tmp_path / "devices")
            reloads = 0
            while not sending.done() or reloads < 2:
                site.edit(RULES, _levels(1.0 + reloads % 2 / 10))
                code, answer = site.reload()
                assert code == 0, answer
                reloads += 1
            published = json.loads(sending.result().stdout)["published"]
            service.until("/api/intake", lambda now: _logged(data) == published and now["waiting"] == 0)
            ledger = service.get("/api/intake")
            assert service.stop() == 0
    assert _balances(ledger)
    assert len(set(site.told())) == len(site.told()) > 0


def _logged(data: Path) -> int:
    """Deliveries in the intake log."""
    count = 0
    for segment in (data / "intake").glob("*.db"):
        with sqlite3.connect(f"file:{segment}?mode=ro", uri=True) as log:
            count += log.execute("SELECT count(*) FROM deliveries").fetchone()[0]
    return count
