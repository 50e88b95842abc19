"""Serves a sandbox for the tests, and does for them what no request can do.

Run as a process with ``MIRRORS_SANDBOX_DIR`` set. It prints its port. Then it answers each line of its input, a JSON
list of a function's name and its arguments, with a line of JSON. It ends when its input does.
"""

import json
import socket
import sys
import threading
from typing import Any

import django
from django.core.management import call_command
from waitress.server import create_server

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.utils import timezone  # noqa: E402
from mirrors_sandbox.wsgi import application  # noqa: E402

from mirrors_sandbox import faults, models  # noqa: E402


def make_application(slug: str, **fields: Any) -> dict[str, str]:
    """Return an application with Test and Live and their services; identifiers by name."""
    organisation, _ = models.Organisation.objects.get_or_create(name=fields.pop("organisation", "Acme"))
    made = models.Application.objects.create(organisation=organisation, slug=slug, name=slug.title(), **fields)
    identifiers = {"uuid": made.uuid, "organisation": organisation.uuid}
    for name in ("test", "live"):
        built_in = {"STAGE": name, "DATABASE_URL": f"postgres://{slug}:built-in-{name}@127.0.0.1/{slug}"}
        environment = made.environments.create(slug=name, is_production_grade=name == "live", built_in=built_in)
        environment.service_instances.create(type="DATABASE", service="postgresql")
        environment.service_instances.create(type="STORAGE", service="files")
        identifiers[name] = environment.uuid
    return identifiers


def make_running_deployment(environment: str) -> str:
    return models.Deployment.objects.create(environment_id=environment, started_at=timezone.now()).uuid


def make_fault(**fields: Any) -> int:
    return models.Fault.objects.create(**fields).pk


def remove_faults() -> None:
    models.Fault.objects.all().delete()


def remaining(fault: int) -> int | None:
    return models.Fault.objects.get(pk=fault).remaining


def next_deployment_fault(deployment: str) -> str | None:
    fault = faults.next_deployment_fault(models.Deployment.objects.get(pk=deployment))
    return fault.kind if fault else None


def stored_value(variable: str) -> str:
    return models.EnvironmentVariable.objects.get(pk=variable).value


def make_admin(name: str, password: str) -> None:
    User.objects.create_superuser(name, password=password)


def main() -> None:
    call_command("migrate", verbosity=0)
    listening = socket.create_server(("127.0.0.1", 0))
    server = create_server(application, sockets=[listening], threads=16)
    threading.Thread(target=server.run, daemon=True).start()
    print(listening.getsockname()[1], flush=True)  # noqa: T201
    for line in sys.stdin:
        name, arguments = json.loads(line)
        print(json.dumps(globals()[name](**arguments)), flush=True)  # noqa: T201
    server.close()


if __name__ == "__main__":
    main()
