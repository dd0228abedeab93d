"""Dashboards generated from catalogue, rules and standards; the JSON is output, never edited."""
