"""Observed state of Divio: read-only, as data for the planner."""
