"""Check that the configuration still fits into one environment variable: the engine passes it to the program in one."""

import json
from collections.abc import Mapping

from mirrors.problems import Problem
from mirrors.problems.findings import CheckFinding, ok_finding, problem_finding, warning_finding

SIZE_LIMIT = 128 * 1024
"""The longest string of a process's environment on Linux, with its name and its end (execve(2))."""

WARNING_SIZE = SIZE_LIMIT * 3 // 4
SIZE_REMEDY = (
    "move the keys below mirrors:fleet into a file of its own, and name the file: mirrors:fleetFile: fleet.yaml"
)


def check_size(configured: Mapping[str, str]) -> CheckFinding:
    """Check the size of the configuration.

    Args:
        configured: {key: value} of all namespaces, as the engine passes it on.
    """
    size = len(f"PULUMI_CONFIG={to_go_json(configured)}\0".encode(errors="surrogateescape"))
    said = f"{-(-size // 1024)} of the 128 KiB that Linux has for it"
    if size <= WARNING_SIZE:
        return ok_finding("configuration size", said)
    if size > SIZE_LIMIT:
        return problem_finding("configuration size", _size_problem(f"{said}: Pulumi can start no program with it"))
    return warning_finding("configuration size", _size_problem(said))


def _size_problem(said: str) -> Problem:
    return Problem("configuration-too-large", said, SIZE_REMEDY)


def to_go_json(configured: Mapping[str, str]) -> str:
    """Return JSON as Go's encoder writes it: it escapes the characters that are special in HTML."""
    text = json.dumps(configured, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text
