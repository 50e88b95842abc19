"""Causes the trouble of each page below ``docs/how-to/operations``: drift, faults, edits of the list, kills.

Each module holds the set-ups of one journey: the pages that follow each other on one fleet. A journey needs no other.
"""
