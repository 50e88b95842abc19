"""Releases, waves, holds and targets."""
