"""Pretend devices: a seeded district that can misbehave on purpose, and replay of recorded data."""
