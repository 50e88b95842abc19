"""Tests of a program that declares fleets: on a described platform without any process, or on a sandbox.

>>> from mirrors.testing import describe_fleet, run_program
"""

from mirrors.testing.mocks import FleetMocks, SentSite
from mirrors.testing.platform import (
    DescribedApplication,
    DescribedEnvironment,
    DescribedPlatform,
    describe_fleet,
    describe_original,
)
from mirrors.testing.program import ProgramRun, run_program
from mirrors.testing.sandboxes import RunningSandbox, running_sandbox

__all__ = [
    "DescribedApplication",
    "DescribedEnvironment",
    "DescribedPlatform",
    "FleetMocks",
    "ProgramRun",
    "RunningSandbox",
    "SentSite",
    "describe_fleet",
    "describe_original",
    "run_program",
    "running_sandbox",
]
