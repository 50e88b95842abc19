"""Word the problems of a fleet in arguments: a reader finds ``site_id`` of an argument, not a key of a file.

A provider process uses this too, so it imports no model of the configuration and none of the arguments' classes.
"""

import re
from dataclasses import replace

from pydantic.alias_generators import to_camel, to_snake

from mirrors.problems import Note, Problem

__all__ = ["ARGUMENTS_IN_CAMEL_CASE", "MAPS_BY_NAME", "name_arguments", "name_arguments_of_note"]

MAPS_BY_NAME = frozenset({"variables", "reserved_for", "shared_values"})
"""The arguments whose keys the user chooses. All other keys are those of the models."""

ARGUMENTS_IN_CAMEL_CASE = frozenset(
    {"site_id", "shared_values", "reserved_site_ids", "reserved_for", "release_site_ids", "highest_site_id"}
)
"""The arguments that the configuration spells in another way."""

_COMMAND = r"pulumi config (?:[\w./=-]+ )*'?mirrors:[^\s';]*"
_PLACE = r"mirrors:(?:fleet(?!\w)|(?=sharedValues\b))(?P<steps>(?:\.?[\w-]+|\[[^\]]*\])*)"
_KEY = rf"(?<![\w.\"])(?P<key>{'|'.join(sorted(map(to_camel, ARGUMENTS_IN_CAMEL_CASE)))})(?!\w)"
_SPELLED = re.compile(f"{_COMMAND}|{_PLACE}|{_KEY}")
"""A key with its place or alone. A command comes first: it takes the configuration's spelling only."""

_STEP = re.compile(r"\[[^\]]*\]|\.?[\w-]+")


def name_arguments(problem: Problem, fleet: str) -> Problem:
    """Return the problem with the names of arguments, such as ``Fleet("acme").mirrors[2].site_id``.

    Args:
        problem: A problem that names keys of the configuration. One about a key that no fleet reads stays as it is.
        fleet: The name of the ``Fleet``.
    """
    if problem.code == "key-without-effect":
        return problem
    return replace(
        problem,
        message=_name_keys(problem.message, fleet),
        remedy=_name_keys(problem.remedy, fleet),
        path=_name_keys(problem.path, fleet) if problem.path else None,
    )


def name_arguments_of_note(note: Note, fleet: str) -> Note:
    """Return the note with the names of arguments."""
    return replace(note, text=_name_keys(note.text, fleet))


def _name_keys(text: str, fleet: str) -> str:
    def name(found: re.Match[str]) -> str:
        if found["key"]:
            return to_snake(found["key"])
        return found[0] if found["steps"] is None else f'Fleet("{fleet}"){_name_steps(found["steps"])}'

    return _SPELLED.sub(name, text)


def _name_steps(path: str) -> str:
    steps, named = [], False
    for step in _STEP.findall(path):
        word = step if named or step.startswith("[") else to_snake(step)
        named = word.removeprefix(".") in MAPS_BY_NAME
        steps.append(word if word.startswith((".", "[")) else f".{word}")
    return "".join(steps)
