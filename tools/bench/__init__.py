"""Measures the project beside what it is made of and beside what one would do without it: ``make bench``.

Each number is one command of a user on a sandbox without processes, which answers at once and deploys at once. So what
is measured is what we add to the platform's own time.
"""
