"""Hold the keys that are set as secrets against those that have to be. Pulumi keeps the others in clear."""

from collections.abc import Collection, Iterator

from mirrors.config.messages.wording import format_path
from mirrors.config.platforms import secret_key_commands
from mirrors.problems import Problem

__all__ = ["find_secrecy_problems"]

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
