"""The requests to a manager of a swarm that Pulumi's Docker plugin cannot make."""

from collections.abc import Mapping, Sequence
from typing import Any

from docker.errors import NotFound, create_api_error_from_http_exception
from docker.types import EndpointSpec, RestartPolicy, ServiceMode
from requests import HTTPError

from mirrors.docker.host.client import CONTAINER_LOG_LINES, REQUEST_TIMEOUT, DockerHost
from mirrors.docker.swarm.observed import ObservedTask, ServiceData, read_service, read_tasks
from mirrors.docker.swarm.task_logs import select_task_lines
from mirrors.errors import MirrorsError
from mirrors.resources.site_logs import redact_log

SERVICE_LOG_LINES = 400
"""The lines of a service's log that Mirrors reads to find those of one task."""

OUT_OF_SEQUENCE = "update out of sequence"
"""A manager's words for an update of a service that has changed since it was read."""


class SwarmManager:
    """One manager of a swarm. Each of its errors is a MirrorsError that names the host and the request."""

    def __init__(self, host: DockerHost) -> None:
        self.host = host
        self._api: Any = host.client.api  # its types know nothing of services

    def find_service(self, name: str) -> ServiceData | None:
        """Return the service with this name or id, as the API has it; None where there is none."""
        with self.host.wrap_errors(f"look for the service {name}"):
            try:
                found: ServiceData = self._api.inspect_service(name)
            except NotFound:
                return None
        return found

    def list_tasks(self, service: ServiceData) -> tuple[ObservedTask, ...]:
        with self.host.wrap_errors(f"list the tasks of {service['Spec']['Name']}"):
            return read_tasks(service, self._api.tasks(filters={"service": service["ID"]}))

    def roll_back(self, service: ServiceData) -> bool:
        """Take the last update of a service back. Return False where the service has changed since it was read."""
        name, version = service["Spec"]["Name"], service["Version"]["Index"]
        url = f"{self._api.base_url}/v{self._api.api_version}/services/{service['ID']}/update"
        asked = {"version": version, "rollback": "previous", "registryAuthFrom": "previous-spec"}
        with self.host.wrap_errors(f"take the update of {name} back"):
            answer = self._api.post(url, params=asked, json=dict(service["Spec"]), timeout=REQUEST_TIMEOUT)
            if OUT_OF_SEQUENCE in answer.text:
                return False
            try:
                answer.raise_for_status()
            except HTTPError as error:
                raise create_api_error_from_http_exception(error) from error
        return True

    def start_task(self, name: str, image: str, command: Sequence[str], asked: Mapping[str, Any]) -> str:
        """Start a service of one task that no one starts again, and return the service's id.

        Args:
            asked: ``network`` is an id, ``labels`` and ``environment`` are {name: value}, ``constraints`` is a list.
        """
        with self.host.wrap_errors(f"start {name}"):
            services: Any = self.host.client.services
            made = services.create(
                image,
                args=list(command),
                name=name,
                labels=dict(asked["labels"]),
                container_labels=dict(asked["labels"]),
                env=[f"{key}={value}" for key, value in sorted(asked["environment"].items())],
                networks=[asked["network"]],
                constraints=list(asked["constraints"]),
                restart_policy=RestartPolicy(condition="none"),
                mode=ServiceMode("replicated", replicas=1),
                endpoint_spec=EndpointSpec(mode="dnsrr"),
            )
        return str(made.id)

    def remove_service(self, service: str) -> None:
        """Remove a service. Swarm removes its containers from the nodes."""
        with self.host.wrap_errors(f"remove the service {service}"):
            try:
                self._api.remove_service(service)
            except NotFound:
                return

    def read_task_log(self, service: ServiceData, task: str) -> str:
        """Return the last lines that a task printed, without the values of its service's variables."""
        try:
            text = self._read_service_log(service)
        except MirrorsError as error:  # the failure that the log would explain is what has to be shown
            return f"Swarm does not show it: {error}"
        lines = select_task_lines(text, task)[-CONTAINER_LOG_LINES:]
        return redact_log("\n".join(lines), read_service(service).variables.items())

    def _read_service_log(self, service: ServiceData) -> str:
        with self.host.wrap_errors(f"show the log of {service['Spec']['Name']}"):
            lines = str(SERVICE_LOG_LINES)
            said = self._api.service_logs(
                service["ID"], details=True, stdout=True, stderr=True, tail=lines, is_tty=False
            )
            return b"".join(said).decode(errors="replace")
