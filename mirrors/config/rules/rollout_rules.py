"""Rules about waves, pauses and holds."""

from collections.abc import Iterator
from itertools import pairwise

from mirrors.config.messages.wording import format_path, format_value, problem_at
from mirrors.config.rules.validation_context import ValidationContext
from mirrors.problems import Problem


def check_wave_sizes(context: ValidationContext) -> Iterator[Problem]:
    """Refuse waves that do not grow, and a last wave without all mirrors."""
    waves = context.settings.rollout.waves
    for kind in (int, str):
        sizes = [(number, int(str(size).rstrip("%"))) for number, size in enumerate(waves) if isinstance(size, kind)]
        for (_, before), (number, size) in pairwise(sizes):
            if size <= before:
                message = (
                    f"{format_value(waves[number])} is not more than the wave before. The size of each wave includes"
                    " the mirrors of earlier waves."
                )
                yield problem_at(("rollout", "waves", number), "waves-do-not-grow", message, "Write a larger size")
    if waves[-1:] != ("100%",):
        message = "the last wave does not take all mirrors."
        yield problem_at(("rollout", "waves"), "last-wave-not-all", message, 'Add "100%" at the end')


def check_pause_after(context: ValidationContext) -> Iterator[Problem]:
    """Refuse a pause after a wave that does not exist."""
    rollout = context.settings.rollout
    if rollout.pause_after is not None and rollout.pause_after > len(rollout.waves):
        message = (
            f"there is no wave {rollout.pause_after}: {format_path(('rollout', 'waves'))} has {len(rollout.waves)}."
        )
        remedy = "Lower the number, or remove the key so that no wave pauses"
        yield problem_at(("rollout", "pauseAfter"), "no-wave-to-pause-after", message, remedy)


def check_original_not_held(context: ValidationContext) -> Iterator[Problem]:
    """Refuse an override that holds the original."""
    settings = context.settings
    original = settings.fleet.original.application
    if (override := settings.overrides.mirrors.get(original)) and override.hold is not None:
        place = ("overrides", "mirrors", original, "hold")
        message = f"{original} is the original, and you can hold mirrors only."
        yield problem_at(place, "original-is-held", message, "Remove hold here")
