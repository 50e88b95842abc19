"""``/apps/v3/environments/``."""

from urllib.parse import quote

from mirrors.divio.domain import Environment
from mirrors.divio.paging import read_all
from mirrors.divio.transport import Query, Request, Transport

PATH = "/apps/v3/environments/"


class Environments:
    def __init__(self, transport: Transport, page_size: int) -> None:
        self._transport = transport
        self._paged: Query = (("page_size", str(page_size)),)

    def get(self, uuid: str) -> Environment:
        """Raises NotFound."""
        return self._transport.call(Environment, Request("GET", f"{PATH}{quote(uuid, safe='')}/"))

    def list(self, application: str) -> list[Environment]:
        """The environments of one application (its uuid)."""
        listed = read_all(self._transport, Environment, PATH, (("application", application), *self._paged))
        return [environment for environment in listed if environment.application == application]
