"""Read the options of ``pulumi up`` (CLI 3.259) as Pulumi reads them, so that no value is taken for an option."""

from collections.abc import Iterator, Mapping, Sequence

import click

SHORT_NAMES: Mapping[str, str] = {
    "C": "cwd",
    "Q": "fully-qualify-stack-names",
    "c": "config",
    "d": "debug",
    "e": "emoji",
    "f": "skip-preview",
    "h": "help",
    "j": "json",
    "m": "message",
    "p": "parallel",
    "r": "refresh",
    "s": "stack",
    "t": "target",
    "v": "verbose",
    "y": "yes",
}

VALUE_OPTIONS = frozenset(
    {"color", "config", "config-file", "cwd", "event-log", "exclude", "memprofilerate", "message", "otel-traces"}
    | {"override-env", "parallel", "plan", "policy-pack", "policy-pack-config", "profiling", "replace"}
    | {"secrets-provider", "stack", "target", "target-replace", "tracing", "verbose"}
)
"""The options whose value may be the next word. The value of any other option follows an equals sign."""

SWITCHES = frozenset({"yes", "skip-preview"})
"""Options of Mirrors and of Pulumi that are on or off."""


class PulumiCommand(click.Command):
    """A command that takes Pulumi's options besides its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(spell_out(args)))


def spell_out(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the same options with long names, each with its value in one word.

    A word that Pulumi does not know stays as it is: Pulumi refuses it.
    """
    words = iter(arguments)
    for word in words:
        if word == "--":
            yield from (word, *words)
        elif word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            yield from _spell_option(name, value if equals else None, words)
        elif word.startswith("-") and len(word) > 1:
            yield from _spell_letters(word, words)
        else:
            yield word


def _spell_letters(word: str, words: Iterator[str]) -> Iterator[str]:
    for position, letter in enumerate(word[1:], start=2):
        name, rest = SHORT_NAMES.get(letter), word[position:]
        if name is None:
            yield f"-{word[position - 1 :]}"
            return
        if rest.startswith("=") or (rest and name in VALUE_OPTIONS):
            yield from _spell_option(name, rest.removeprefix("="), words)
            return
        yield from _spell_option(name, None, words)


def _spell_option(name: str, value: str | None, words: Iterator[str]) -> Iterator[str]:
    if value is None and name in VALUE_OPTIONS:
        value = next(words, None)
    if name in SWITCHES and value is not None:
        if value.lower() in ("1", "t", "true"):
            yield f"--{name}"
        return
    yield f"--{name}" if value is None else f"--{name}={value}"
