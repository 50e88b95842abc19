"""The fleets that a run of the program has declared so far. An application has one SITE_ID, so one fleet has it."""

from collections.abc import Iterable, Iterator
from weakref import WeakKeyDictionary

from mirrors.problems import Problem
from mirrors.pulumi_internals import find_run

__all__ = ["DeclaredFleets"]


class DeclaredFleets:
    """The fleets of one run of a program. A process may run several programs, such as those of the Automation API."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._owners: dict[str, str] = {}

    @classmethod
    def of_run(cls) -> "DeclaredFleets":
        """Return those of the program that runs here."""
        run = find_run()
        return cls() if run is None else _BY_RUN.setdefault(run, cls())

    def add(self, name: str, slugs: Iterable[str]) -> None:
        """Add a fleet without problems."""
        self._names.add(name)
        self._owners |= dict.fromkeys(slugs, name)

    def find_conflicts(self, name: str, slugs: Iterable[str]) -> Iterator[Problem]:
        """Yield a problem if another fleet has this name, and one for each application that another fleet has."""
        if name in self._names:
            yield Problem(
                "fleet-name-twice",
                "the program declares another fleet with this name. The state and the commands tell fleets apart by"
                " their names.",
                "Give each Fleet a name of its own",
                path=f'Fleet("{name}")',
            )
        for slug in slugs:
            if slug in self._owners:
                yield Problem(
                    "application-in-two-fleets",
                    f"the fleets {self._owners[slug]} and {name} both declare it. Each fleet would give it a SITE_ID.",
                    "Remove it from one of them, or declare one fleet with the sites of both",
                    slug,
                )


_BY_RUN: WeakKeyDictionary[object, DeclaredFleets] = WeakKeyDictionary()
"""{the run's connection to the engine: its fleets}. An entry ends with its run, and no other run sees it."""
