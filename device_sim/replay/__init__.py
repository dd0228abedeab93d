"""Recorded data played as though devices sent it: CSV in, readings and the time out."""
