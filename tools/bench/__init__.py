"""Measure the project beside what it is made of, and beside what a user would do without it: ``make bench``.

Each number is one command of a user on a sandbox without processes, which answers at once and deploys at once. So it
measures what Mirrors adds to the platform's own time.
"""
