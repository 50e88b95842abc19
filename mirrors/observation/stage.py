"""Reads the environments of one stage, of all applications that the token may see, and their variables."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TypeVar

from mirrors.divio import Divio, Environment
from mirrors.observation.convert import convert_variable
from mirrors.planning.observed import ObservedVariable

Item = TypeVar("Item")
Result = TypeVar("Result")


def ask_concurrently(ask: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None) -> list[Result]:
    """Return the answers in the order of the items. The client bounds how many requests go out at once.

    The first error is raised once the others have been answered.
    """
    listed: Sequence[Item] = list(items)
    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(ask, listed))


class StageReader:
    """One look at one stage, ``test`` or ``live``.

    Args:
        divio: The client.
        stage: The stage.
    """

    def __init__(self, divio: Divio, stage: str) -> None:
        self.divio = divio
        self.stage = stage

    @cached_property
    def environments(self) -> Sequence[Environment]:
        """The environments of this stage, of all applications: one listing a look."""
        return self.divio.environments.list_all(self.stage)

    def list_variables(self, environments: Iterable[str]) -> dict[str, dict[str, ObservedVariable]]:
        """Return {environment: {name: variable}}."""
        seen: dict[str, dict[str, ObservedVariable]] = {uuid: {} for uuid in environments}
        for item in self.divio.environment_variables.list(list(seen)) if seen else ():
            seen.setdefault(item.environment, {})[item.name] = convert_variable(item)
        return seen
