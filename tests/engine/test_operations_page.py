"""Follow the runbook and the page of faults: every command runs, ends with its code, and says what the page quotes."""

from typing import ClassVar

from tests.engine.fleet import Fleet
from tests.engine.operations import by_hand, drift, mirrors, prerequisites, rollout, stack
from tests.engine.operations.steps import SECTIONS, SetUps
from tests.engine.pages.reader import Reader
from tests.engine.secrets import nothing_leaks


class Journey:
    """Pages that follow each other on one fleet, and those that are read beside them."""

    set_ups: ClassVar[SetUps] = {}
    beside: ClassVar[tuple[str, ...]] = ()

    def test_the_commands_do_and_say_what_the_pages_quote(self, fleet: Fleet) -> None:
        reader = Reader(fleet.project)
        with nothing_leaks(fleet):
            for name, steps in self.set_ups.items():
                reader.read(SECTIONS[name], steps(fleet))
        assert tuple(reader.beside) == self.beside


class TestByHand(Journey):
    set_ups, beside = by_hand.SET_UPS, by_hand.BESIDE


class TestDrift(Journey):
    set_ups, beside = drift.SET_UPS, drift.BESIDE


class TestMirrors(Journey):
    set_ups, beside = mirrors.SET_UPS, mirrors.BESIDE


class TestPrerequisites(Journey):
    set_ups, beside = prerequisites.SET_UPS, prerequisites.BESIDE


class TestRollout(Journey):
    set_ups, beside = rollout.SET_UPS, rollout.BESIDE


class TestStack(Journey):
    set_ups, beside = stack.SET_UPS, stack.BESIDE
