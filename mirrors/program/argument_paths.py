"""Word the problems of a fleet in arguments: a reader finds ``site_id`` of an argument, not a key of a file."""

import re
from dataclasses import fields, replace

from pydantic.alias_generators import to_camel, to_snake

from mirrors.problems import Problem
from mirrors.program.arguments import FleetArgs, MirrorArgs, OriginalArgs

__all__ = ["name_arguments"]

_PLACE = re.compile(r"mirrors:(?:fleet|(?=sharedValues))((?:\.?[\w-]+|\[[^\]]*\])*)")
_STEP = re.compile(r"\[[^\]]*\]|\.?[\w-]+")
_NAMED = ("variables", "reserved_for", "shared_values")
"""The arguments whose keys the user chose."""

_KEYS = sorted(
    key
    for kind in (FleetArgs, OriginalArgs, MirrorArgs)
    for item in fields(kind)
    if (key := to_camel(item.name)) != item.name
)
_KEY = re.compile(rf"(?<![\w.\"])({'|'.join(_KEYS)})(?!\w)")


def name_arguments(problem: Problem, fleet: str) -> Problem:
    """Return the problem with the names of arguments, such as ``Fleet("acme").mirrors[2].site_id``.

    Args:
        problem: A problem that names keys of the configuration.
        fleet: The name of the ``Fleet``.
    """

    def name(text: str) -> str:
        text = _PLACE.sub(lambda found: f'Fleet("{fleet}"){_name_steps(found[1])}', text)
        return _KEY.sub(lambda found: to_snake(found[1]), text)

    return replace(
        problem,
        message=name(problem.message),
        remedy=name(problem.remedy),
        path=name(problem.path) if problem.path else None,
    )


def _name_steps(path: str) -> str:
    steps, named = [], False
    for step in _STEP.findall(path):
        word = step if named or step.startswith("[") else to_snake(step)
        named = word.removeprefix(".") in _NAMED
        steps.append(word if word.startswith((".", "[")) else f".{word}")
    return "".join(steps)
