"""Causes the trouble of each page below ``docs/how-to/operations``: drift, faults, edits of the list, kills.

Each module holds the set-ups of one journey: the pages that follow each other on one fleet. A journey needs no other.
The page of faults shows the same troubles, so most of its sections are read where a journey has come to them.
"""

from tests.engine.operations import by_hand, drift, mirrors, prerequisites, rollout, stack

JOURNEYS = (by_hand, drift, mirrors, prerequisites, rollout, stack)
