"""Colours. Never alone: wherever one is shown, the level's name is, or the state's word."""

from __future__ import annotations

from alerts.model import Level

# The console's own (console.css), so that a level looks the same on both; a test compares them.
LEVELS = {Level.BLUE: "#1d5fc4", Level.YELLOW: "#ffd60a", Level.ORANGE: "#f58a07", Level.RED: "#c1121f"}
CALM = "#1a7f4b"
QUIET = "#7b8a9540"  # see-through: what is as it should be over hours must not shout
UNKNOWN = "#7b8a95"
SERIES = "#0b6b78"
DOUBTFUL = "#f58a07"
FAILED = "#a5111d"
