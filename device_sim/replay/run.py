"""One run of `replay`: a recording to a broker or to the screen, with progress and a summary."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from device_sim.broker import Broker
from device_sim.options import tell
from device_sim.periods import Period, speaking_for
from device_sim.publisher import Publisher
from device_sim.replay.player import Played, play
from device_sim.replay.recording import Recording, spacing
from device_sim.replay.resume import ResumePoint
from device_sim.replay.steps import Counts, Label, steps
from device_sim.replay.table import Refused


class Replay:
    """Everything a run needs. `broker` None prints each message on a line of its own."""

    def __init__(
        self,
        *,
        recording: Recording,
        period: Period | None,
        label: Label,
        clock: bool,
        broker: Broker | None,
        client_id: str,
        speed: float,
        rate: float | None,
        resume: Path | None,
        refused: Refused,
    ) -> None:
        self._recording = recording
        self._period = period or speaking_for(spacing(recording.rows))
        self._label = label
        self._clock = clock
        self._broker = broker
        self._client_id = client_id
        self._speed = speed
        self._rate = rate
        fingerprint = f"{recording.fingerprint}-{self._period}-{label}"
        self._point = ResumePoint(file=resume, fingerprint=fingerprint)
        self._refused = refused
        self._counts = Counts()
        self._played = Played()
        self._done = 0
        self._acknowledged = 0
        self._seconds = 0.0

    async def run(self) -> None:
        """To the end or until it is interrupted. Raises `BrokerError`, `ReplayError`."""
        self._done = self._point.read()
        sequence = steps(
            self._recording,
            period=self._period,
            label=self._label,
            clock=self._clock,
            refused=self._refused,
            counts=self._counts,
            done=self._done,
        )
        if self._broker is None:
            for step in sequence:
                for dispatch in step.dispatches:
                    click.echo(f"{dispatch.topic} {dispatch.payload.decode()}")
                self._played.note(step)
            return
        began = time.monotonic()
        with _progress() as progress:
            task = progress.add_task("replay", total=self._rows_left())
            async with Publisher(broker=self._broker, client_id=self._client_id, tell=tell) as publisher:
                try:
                    await play(
                        sequence,
                        publisher=publisher,
                        speed=self._speed,
                        rate=self._rate,
                        resume=self._point,
                        played=self._played,
                        done=self._done,
                        progress=lambda rows: progress.advance(task, rows),
                    )
                finally:
                    self._acknowledged = publisher.acknowledged
                    self._seconds = time.monotonic() - began

    def _rows_left(self) -> int:
        if not self._done:
            return len(self._recording.rows)
        times = sorted({row.label for row in self._recording.rows})[self._done :]
        return sum(1 for row in self._recording.rows if times and row.label >= times[0])

    def say(self, *, as_json: bool) -> None:
        """The summary, to a person or to a program."""
        played, refused = self._played, dict(self._refused.reasons)
        if as_json:
            summary = {
                "period": self._period.value,
                "rows": played.rows,
                "steps": played.steps,
                "messages": played.messages,
                "acknowledged": self._acknowledged,
                "values": self._counts.values,
                "empty": self._counts.empty,
                "rows_without_value": self._counts.rows_without_value,
                "bad": refused,
                "first": played.first.isoformat() if played.first else None,
                "last": played.last.isoformat() if played.last else None,
                "resumed_after_steps": self._done,
                "seconds": round(self._seconds, 3),
            }
            click.echo(json.dumps(summary))
            return
        click.echo(
            f"{played.rows} rows of {self._period.value}, {self._counts.values} values in {played.messages} messages "
            f"({self._acknowledged} acknowledged) from {played.first} to {played.last}"
            + (f", after {self._done} times sent before" if self._done else "")
            + (f"; not sent: {', '.join(f'{n} {reason}' for reason, n in refused.items())}" if refused else ""),
            err=True,
        )


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=not sys.stderr.isatty())
