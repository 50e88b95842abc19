"""How long tests that look for counterexamples look.

They try the same examples every time, so that a run fails for what was changed and for nothing else. With
``MIRRORS_EXAMPLES=5000`` in the environment they try so many new ones. ``MIRRORS_FIRST_EXAMPLE=1`` takes the first
counterexample as it is found, without looking for the smallest.
"""

import os

from hypothesis import HealthCheck, Phase, settings

QUICK = "MIRRORS_QUICK_TESTS" in os.environ
"""``make unit`` sets it: tests try few examples, and none starts a process or a server."""

FEW = 5


def searching(examples: int, steps: int = 50) -> settings:
    """``examples``: how many are tried; ``steps``: of a state machine, in each."""
    asked = os.environ.get("MIRRORS_EXAMPLES")
    if QUICK:
        examples, steps = FEW, FEW
    phases = [Phase.explicit, Phase.generate, *([] if "MIRRORS_FIRST_EXAMPLE" in os.environ else [Phase.shrink])]
    return settings(
        max_examples=int(asked) if asked else examples,
        stateful_step_count=steps,
        phases=phases,
        derandomize=asked is None,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
