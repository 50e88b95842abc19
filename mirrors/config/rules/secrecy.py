"""Hold the keys that are set as secrets against those that have to be. Pulumi keeps the others in clear."""

from collections.abc import Collection, Iterator, Mapping

from mirrors.config.draft import parse_json_or_text
from mirrors.config.messages.wording import format_path, problem_at
from mirrors.config.models.base import walk_values
from mirrors.config.platforms import secret_key_commands
from mirrors.config.program_fleet import ProgramFleet
from mirrors.problems import Problem

__all__ = ["find_plain_secrets", "find_secrecy_problems"]

_SHORTEST_SECRET = 8
"""A shorter secret may have the text of a variable by chance."""

_PLAIN_KEYS = ("fleet", "overrides")
"""A secret in one of these would become a plain variable, in clear in the state and on the platform."""


def find_secrecy_problems(keys: Collection[str], secret: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for each key with secrets that is set in clear, and for each secret in a key that is not for it.

    Args:
        keys: The keys that are set, without the namespace.
        secret: Those that are set as secrets.
    """
    for key, example in secret_key_commands().items():
        if key in keys and key not in secret:
            remedy = f"Set it anew, for example: pulumi config set --secret{example}"
            yield Problem("secret-in-clear", "it is set in clear.", remedy, path=format_path((key,)))
    for key in _PLAIN_KEYS:
        if key in secret:
            yield Problem(
                "secret-in-plain-key",
                "it holds a secret, but the state and the platform would have its variables in clear.",
                "Set it under the site's slug, or under all, with: pulumi config set --secret --path"
                f" mirrors:secrets.all.NAME; and remove it from {format_path((key,))}, or set that without --secret",
                path=format_path((key,)),
            )


def find_plain_secrets(declared: ProgramFleet, secrets: Mapping[str, str]) -> Iterator[Problem]:
    """Yield a problem for each variable in arguments whose text is a secret of the stack.

    A program that reads a secret with ``require`` gets plain text. Pulumi and Mirrors would keep it in clear.

    Args:
        secrets: {key with its namespace: value} of the secret configuration. An object is JSON.
    """
    readers = {text: reader for key, value in secrets.items() for text, reader in _list_readers(key, value)}
    for place, text in walk_values(declared.fleet, ("fleet",)):
        if isinstance(text, str) and text in readers and place[-2:-1] == ("variables",):
            said = "its text is a secret of the configuration, and the state would have it in clear."
            remedy = f"Read it with {readers[text]}, and pass the Output"
            yield problem_at(place, "secret-as-plain-variable", said, remedy)


def _list_readers(key: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield each text of a secret key, with the expression that reads it as a secret."""
    namespace, _, name = key.rpartition(":")
    config, whole = f'pulumi.Config("{namespace}")', parse_json_or_text(value)
    if isinstance(whole, dict | list):
        texts, reader = [item for _, item in walk_values(whole) if isinstance(item, str)], "require_secret_object"
    else:
        texts, reader = [value], "require_secret"
    yield from ((text, f'{config}.{reader}("{name}")') for text in texts if len(text) >= _SHORTEST_SECRET)
