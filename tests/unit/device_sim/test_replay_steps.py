"""From files to messages: order, times, labels, what is left out and why."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from device_sim.errors import ReplayError
from device_sim.periods import Period, speaking_for
from device_sim.replay.recording import Recording, load, spacing
from device_sim.replay.resume import ResumePoint
from device_sim.replay.steps import Counts, Label, Step, steps
from device_sim.replay.table import Choice, Refused
from tests.support.district import catalog_of

ZONE = ZoneInfo("Asia/Shanghai")
FILE = """station,time,pm2_5_ugm3,co_ugm3
air-01,2016-12-20T00:00:00+08:00,100,1900
air-01,2016-12-20T01:00:00+08:00,101,
air-02,2016-12-20T00:00:00+08:00,abc,1800
air-02,2016-12-20T01:00:00+08:00,nan,inf
air-02,yesterday,1,1
air-02,2016-12-20T02:00:00+08:00,1_0
air-02,2016-12-20 02:00,1_0,5e2
"""


def a_choice(**changes: Any) -> Choice:
    return replace(Choice(zone=ZONE), **changes)


def loaded(
    *files: Path, choice: Choice | None = None, kind: str | None = None, told: list[str] | None = None
) -> Recording:
    lines: list[str] = [] if told is None else told
    return load(
        files,
        catalog=catalog_of(),
        choice=choice or a_choice(),
        overrides=[],
        kind=kind,
        refused=Refused(lines.append),
        tell=lines.append,
    )


def written(folder: Path, text: str = FILE, name: str = "f.csv") -> Path:
    file = folder / name
    file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return file


def played(
    recording: Recording, *, clock: bool = True, done: int = 0, label: Label = Label.START
) -> tuple[list[Step], Refused, Counts]:
    refused, counts = Refused(lambda _: None), Counts()
    found = steps(recording, period=Period.HOUR, label=label, clock=clock, refused=refused, counts=counts, done=done)
    return list(found), refused, counts


@pytest.mark.parametrize("name", ["f.csv", "f.csv.gz"])
def test_rows_are_merged_by_time_with_the_clock_first(tmp_path: Path, name: str) -> None:
    """A file grouped by station is sent hour by hour; the clock says the end of the hour before its readings."""
    found, refused, counts = played(loaded(written(tmp_path, name=name)))
    sent = [(d.topic, json.loads(d.payload)) for step in found for d in step.dispatches]
    assert sent[0] == ("clearwarn/v1/clock", {"now": "2016-12-20T01:00:00+08:00"})
    assert sent[1] == (
        "clearwarn/v1/air/air-01/reading",
        {
            "station": "air-01",
            "time": "2016-12-20T00:00:00+08:00",
            "period": "1h",
            "values": {"pm2_5": 100.0, "co": 1.9},
        },
    )
    assert [body.get("values") for _, body in sent[2:]] == [{"co": 1.8}, None, {"pm2_5": 101.0}, None, {"co": 0.5}]
    assert refused.reasons == {"not_a_number": 2, "not_finite": 2}
    assert (counts.values, counts.empty, counts.rows_without_value) == (5, 1, 1)


def test_bad_lines_are_told_with_file_and_line(tmp_path: Path) -> None:
    """Where to look, and why it is not sent."""
    told: list[str] = []
    loaded(written(tmp_path), told=told)
    assert told == ["f.csv:6: bad_time: 'yesterday'", "f.csv:7: short_line: 3 cells"]


def test_label_end_shifts_to_the_start_of_the_period(tmp_path: Path) -> None:
    """A file that labels hours by their end says the same with `--label end`."""
    found, _, _ = played(loaded(written(tmp_path)), label=Label.END)
    assert found[0].due == datetime(2016, 12, 20, 0, 0, tzinfo=ZONE)
    began = json.loads(found[0].dispatches[1].payload)["time"]
    assert began == "2016-12-19T23:00:00+08:00"


@pytest.mark.parametrize(
    ("minutes", "period"), [(1, Period.MINUTE), (60, Period.HOUR), (15, Period.INSTANT), (1440, Period.DAY)]
)
def test_period_is_seen_from_how_far_rows_lie_apart(tmp_path: Path, minutes: int, period: Period) -> None:
    """A hole or two do not change it; a distance the wire has no period for is `instant`."""
    start = datetime(2020, 1, 1, tzinfo=ZONE)
    times = [start + timedelta(minutes=minutes * n) for n in range(12) if n not in (3, 7)]
    text = "time,station,pm2_5\n" + "".join(f"{t.isoformat()},{s},1\n" for s in ("air-01", "air-02") for t in times)
    assert speaking_for(spacing(loaded(written(tmp_path, text)).rows)) is period


def test_resumed_replay_sends_the_rest_and_only_that(tmp_path: Path) -> None:
    """After n steps the (n+1)th comes, as in a whole run."""
    recording = loaded(written(tmp_path))
    whole, _, _ = played(recording)
    assert played(recording, done=1)[0] == whole[1:]
    assert played(recording, done=len(whole))[0] == []


def test_chosen_stations_and_times_only(tmp_path: Path) -> None:
    """`--station`, `--from`, `--to`."""
    first = datetime(2016, 12, 20, 1, tzinfo=ZONE)
    recording = loaded(written(tmp_path), choice=a_choice(only=frozenset({"air-01"}), first=first, last=first))
    assert [(row.station, row.line) for row in recording.rows] == [("air-01", 3)]


def test_station_not_in_the_catalogue_needs_a_kind(tmp_path: Path) -> None:
    """The error says so; with the kind it is sent as that."""
    text = "time,ph\n2019-01-01T00:00:00,7.1\n"
    with pytest.raises(ReplayError, match="--station"):
        loaded(written(tmp_path, text))
    with pytest.raises(ReplayError, match="--kind"):
        loaded(written(tmp_path, text), choice=a_choice(station="brook"))
    found, _, _ = played(loaded(written(tmp_path, text), choice=a_choice(station="brook"), kind="source"), clock=False)
    assert [d.topic for step in found for d in step.dispatches] == ["clearwarn/v1/source/brook/reading"]


def test_parameters_a_station_does_not_measure_are_not_sent(tmp_path: Path) -> None:
    """They would only fill the quarantine; it is told once."""
    told: list[str] = []
    text = "time,station,pm2_5,cod\n2019-01-01T00:00:00,air-01,7,8\n"
    found, _, _ = played(loaded(written(tmp_path, text), told=told), clock=False)
    assert json.loads(found[0].dispatches[0].payload)["values"] == {"pm2_5": 7.0}
    assert told == ["left out: cod (none of these stations measures it)"]


@pytest.mark.parametrize(("content", "says"), [(b"", "is empty"), (b"\xff\xfe,x\n", "UTF-8"), (None, "cannot be read")])
def test_unreadable_file_is_one_clear_error(tmp_path: Path, content: bytes | None, says: str) -> None:
    """Empty, not text, not there."""
    file = tmp_path / "x.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ReplayError, match=says):
        loaded(file)


def test_broken_gzip_is_one_clear_error(tmp_path: Path) -> None:
    """Cut off in the middle, or no gzip at all."""
    whole = gzip.compress(FILE.encode())
    for content in (whole[:-20], b"not gzip at all"):
        file = tmp_path / "x.csv.gz"
        file.write_bytes(content)
        with pytest.raises(ReplayError, match="cannot be read"):
            loaded(file)


def test_resume_point_remembers_only_its_own_replay(tmp_path: Path) -> None:
    """Other files or options are refused rather than skipped into; damage too."""
    file = tmp_path / "resume.json"
    point = ResumePoint(file=file, fingerprint="a")
    assert point.read() == 0
    point.write(7)
    assert point.read() == 7
    with pytest.raises(ReplayError, match="other files or options"):
        ResumePoint(file=file, fingerprint="b").read()
    file.write_text("{")
    with pytest.raises(ReplayError, match="no resume point"):
        point.read()


def test_fingerprint_follows_files_and_options(tmp_path: Path) -> None:
    """Equal for the same, different for another content or choice."""
    here = written(tmp_path)
    other = written(tmp_path, FILE + "air-01,2016-12-20T05:00:00+08:00,1,1\n", "g.csv")
    assert loaded(here).fingerprint == loaded(here).fingerprint
    assert len({loaded(here).fingerprint, loaded(other).fingerprint, loaded(here, kind="air").fingerprint}) == 3
