"""The stack and its state: lost, left and destroyed."""

from tests.engine.fleet import Fleet
from tests.engine.operations.steps import SetUps
from tests.engine.pages.reader import Steps, as_it_is


def lost(fleet: Fleet) -> Steps:
    """Lose the stack of Test. ``mirrors adopt`` shows what Live runs, too."""
    fleet.live.up().succeeded()
    yield None
    fleet.test.pulumi("stack rm", "--force", "--yes", "--preserve-config").succeeded()
    yield None


SET_UPS: SetUps = {
    "state-lost": lost,
    "leave-a-stack": as_it_is,
    "destroy-a-stack": as_it_is,
}
