"""``/apps/v3/environment-variables/``: custom variables, not the built-in ones.

Writes follow Django REST framework's conventions: Divio's own clients only read this collection.
"""

from collections.abc import Callable, Sequence
from urllib.parse import quote

from mirrors.divio.chunks import split_into_chunks
from mirrors.divio.domain import EnvironmentVariable
from mirrors.divio.errors import DivioError, NotFound, ValidationFailed
from mirrors.divio.paging import read_all
from mirrors.divio.request import Query, Request
from mirrors.divio.transport import Transport

VARIABLES_PATH = "/apps/v3/environment-variables/"


class EnvironmentVariables:
    def __init__(self, transport: Transport, page_size: int) -> None:
        self._transport = transport
        self._paged: Query = (("page_size", str(page_size)),)
        self._one_by_one = False

    def list(self, environments: Sequence[str] | str, name: str | None = None) -> list[EnvironmentVariable]:
        """Return the variables of these environments (uuids), or those of one name, in as few requests as possible."""
        wanted = [environments] if isinstance(environments, str) else list(dict.fromkeys(environments))
        rest = ((("name", name),) if name is not None else ()) + tuple(self._paged)
        groups = split_into_chunks(self._transport.address.url(VARIABLES_PATH), "environment", wanted, rest)
        found = [variable for chunk in groups for variable in self._of_chunk(chunk, rest)]
        # Filtered here again: a filter that the platform does not know is ignored, not refused.
        of_interest = set(wanted)
        return [item for item in found if item.environment in of_interest and name in (None, item.name)]

    def create(
        self, environment: str, name: str, value: str, is_sensitive: bool, taking_over: Callable[[], None] | None = None
    ) -> EnvironmentVariable:
        """Make a variable, or take over one of this name that exists by the time the platform answers.

        A lookup settles an uncertain answer, and a 400, which is also the answer to a name in use. A plain variable
        with the wanted value is taken as it is. Any other variable of this name is updated.

        Args:
            environment: The uuid.
            name: The variable's name.
            value: The variable's value.
            is_sensitive: Whether the platform must hide the value.
            taking_over: Called before a variable is taken that no request of this call can have made. After an
                uncertain answer a variable that is found counts as made by this call.

        Raises:
            ValidationFailed: The platform refuses, and has no such variable.
        """

        def find_existing(_: DivioError, maybe_done: bool) -> EnvironmentVariable | None:
            announce = None if maybe_done else taking_over
            return self._take_over(environment, name, value, is_sensitive, announce)

        body = {"environment": environment, "name": name, "value": value, "is_sensitive": is_sensitive}
        return self._transport.create(
            EnvironmentVariable, Request("POST", VARIABLES_PATH, body=body, secrets=(value,)), find_existing
        )

    def update(self, uuid: str, value: str, is_sensitive: bool) -> EnvironmentVariable:
        """Change a variable's value. Raises NotFound."""
        body = {"value": value, "is_sensitive": is_sensitive}
        return self._transport.call(
            EnvironmentVariable, Request("PATCH", _variable_path(uuid), body=body, secrets=(value,))
        )

    def delete(self, uuid: str) -> None:
        """Delete a variable. One that is gone already counts as deleted."""
        try:
            self._transport.send(Request("DELETE", _variable_path(uuid)))
        except NotFound:
            return

    def _take_over(
        self, environment: str, name: str, value: str, is_sensitive: bool, announce: Callable[[], None] | None
    ) -> EnvironmentVariable | None:
        for variable in self.list(environment, name):
            if announce is not None:
                announce()
            if (variable.value, variable.is_sensitive) == (value, False) and not is_sensitive:
                return variable
            return self.update(variable.uuid, value, is_sensitive)
        return None

    def _of_chunk(self, chunk: Sequence[str], rest: Query) -> Sequence[EnvironmentVariable]:
        if len(chunk) == 1 or not self._one_by_one:
            try:
                found = self._read(chunk, rest)
            except ValidationFailed:
                if len(chunk) == 1:
                    raise
            else:
                if self._heeds_all(chunk, found, rest):
                    return found
        found = [variable for environment in chunk for variable in self._read([environment], rest)]
        self._one_by_one = True  # only now: a single bad one of several is refused as well, but says so above
        return found

    def _heeds_all(self, chunk: Sequence[str], found: Sequence[EnvironmentVariable], rest: Query) -> bool:
        """Return whether the platform heeded a repeated filter as a whole, not only its first or last value.

        An answer about several environments proves it. If hardly any environment has a variable, another answer is
        right too. So Mirrors asks for a few of the empty environments alone.
        """
        shown = {item.environment for item in found}
        empty = [environment for environment in chunk if environment not in shown]
        if len(chunk) == 1 or len(shown) > 1 or not empty:
            return True
        few = dict.fromkeys((empty[0], empty[len(empty) // 2], empty[-1]))
        return not any(self._read([environment], rest) for environment in few)

    def _read(self, environments: Sequence[str], rest: Query) -> Sequence[EnvironmentVariable]:
        query = (*(("environment", environment) for environment in environments), *rest)
        return read_all(self._transport, EnvironmentVariable, VARIABLES_PATH, query)


def _variable_path(uuid: str) -> str:
    return f"{VARIABLES_PATH}{quote(uuid, safe='')}/"
