"""Decisions, as pure functions from data to data. Nothing here speaks to the engine or to a platform."""
