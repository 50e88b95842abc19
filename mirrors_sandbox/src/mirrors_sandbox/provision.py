"""Makes applications as the platform's control panel leaves them: environments, built-in variables, services."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from mirrors_sandbox.databases import databases
from mirrors_sandbox.models import Application, Environment, Organisation, ServiceInstance
from mirrors_sandbox.ports import LOOPBACK, port_is_free
from mirrors_sandbox.state import SandboxError, StateDirectory

__all__ = ["ENVIRONMENTS", "ensure_port", "make_mirrors", "make_original", "replace_password"]

ENVIRONMENTS = ("test", "live")  # a new application has these two, in this order
HIGHEST_PORT = 32767  # above, Linux takes the ports of outgoing connections
NAME_OF_DATABASE = 40  # characters of the slug: PostgreSQL cuts names at 63 bytes


def make_original(
    organisation: Organisation,
    slug: str,
    codebase: Path | None = None,
    commands: Sequence[Mapping[str, str]] = (),
    *,
    branch: str = "main",
    python: str = "",
) -> Application:
    """A new original, with a codebase of its own unless nothing will ever run it. It is not deployed.

    Args:
        branch: what both environments deploy.
        python: the interpreter of its releases; that of the sandbox if it is empty.

    Raises:
        SandboxError: the name is not a slug.
    """
    original = Application(
        organisation=organisation,
        slug=slug,
        name=slug,
        codebase=str(codebase or ""),
        python=python,
        release_commands=list(commands),
    )
    _check_slug(original)
    _create([original], branch)
    return original


def make_mirrors(original: Application, slugs: list[str]) -> list[Application]:
    """New mirrors, fresh: own built-in variables, own database and storage, no variables of the user's, not deployed.

    Raises:
        SandboxError: ``original`` is a mirror itself, or a name is not a slug or taken.
    """
    if original.original_id is not None:
        raise SandboxError(f"{original.slug} is a mirror itself: make a mirror of its original")
    shared = {"organisation": original.organisation, "region": original.region, "original": original}
    mirrors = [Application(slug=slug, name=slug, **shared) for slug in slugs]
    for mirror in mirrors:
        _check_slug(mirror)
    taken = Application.objects.filter(slug__in=slugs).values_list("slug", flat=True).first()
    if taken is not None:
        raise SandboxError(f"there is an application {taken} already: choose another name")
    _create(mirrors)
    return mirrors


def ensure_port(environment: Environment) -> int:
    """Return the port of the environment's site, which never changes.

    A copied environment gets it with its first deployment.
    """
    if environment.port is None:
        with transaction.atomic():
            environment.port = next(_ports())
            environment.save(update_fields=["port"])
    return environment.port


def replace_password(old: str, new: str) -> int:
    """Write a rotated DSN's new credentials into the built-in variables; returns in how many environments.

    One, where each environment has a role of its own; all of them in a sandbox that was made when they had one role.
    """
    before, after = (dsn.rpartition("/")[0] + "/" for dsn in (old, new))
    changed = []
    for environment in Environment.objects.all():
        replaced = {
            name: after + value.removeprefix(before) if str(value).startswith(before) else value
            for name, value in environment.built_in.items()
        }
        if replaced != environment.built_in:
            environment.built_in = replaced
            changed.append(environment)
    Environment.objects.bulk_update(changed, ["built_in"], batch_size=200)
    return len(changed)


def _check_slug(application: Application) -> None:
    try:
        application.clean_fields(exclude=["name", "organisation", "original"])
    except ValidationError as error:
        raise SandboxError(f"{application.slug!r} is no application's name: {error.messages[0]}") from error


def _create(applications: list[Application], branch: str = "main") -> None:
    """All at once: a thousand mirrors take seconds."""
    database = StateDirectory(Path(settings.SANDBOX_DIR)).known_settings().database
    with transaction.atomic():
        ports = _ports()
        environments = [_environment(item, slug, next(ports), branch) for item in applications for slug in ENVIRONMENTS]
        Application.objects.bulk_create(applications)
        Environment.objects.bulk_create(environments)
        ServiceInstance.objects.bulk_create(
            ServiceInstance(environment=item, type=kind, region=item.application.region, service=service)
            for item in environments
            for kind, service in (("DATABASE", database), ("STORAGE", "files"))
        )


def _environment(application: Application, slug: str, port: int, branch: str) -> Environment:
    environment = Environment(
        application=application, slug=slug, port=port, branch=branch, is_production_grade=slug == "live"
    )
    environment.built_in = _built_in(environment)
    return environment


def _built_in(environment: Environment) -> dict[str, Any]:
    """Return the variables that Divio sets.

    The sandbox names databases and storages here and makes them at first use.
    """
    application = environment.application.slug
    state = StateDirectory(Path(settings.SANDBOX_DIR))
    name = f"{application[:NAME_OF_DATABASE]}-{environment.slug}-{secrets.token_hex(4)}"
    database = databases(state).new_dsn(name)
    storage = quote(str(state / "storage" / f"{application}-{environment.slug}"))
    # If the sandbox starts no process, a domain would be an address at which a client waits for an answer in vain.
    serves = state.known_settings().runner == "process"
    return {
        "STAGE": environment.slug,
        **({"DOMAIN": f"{LOOPBACK}:{environment.port}"} if serves else {}),
        "DOMAIN_ALIASES": "",
        "DOMAIN_REDIRECTS": "",
        "SITE_NAME": application,
        "SECRET_KEY": secrets.token_urlsafe(40),
        "GIT_BRANCH": environment.branch,
        "DEFAULT_DATABASE_DSN": database,
        "DATABASE_URL": database,
        "DEFAULT_STORAGE_DSN": f"file://{storage}/?url=%2Fmedia%2F&secret=storage-{secrets.token_hex(16)}",
    }


def _ports() -> Iterator[int]:
    """Ports for new sites, in a row, from where this sandbox's begin."""
    kept = StateDirectory(Path(settings.SANDBOX_DIR)).known_settings()
    taken = set(Environment.objects.exclude(port=None).values_list("port", flat=True))
    taken |= {kept.port, kept.database_port}
    for port in range(kept.site_ports_from, HIGHEST_PORT):
        if port not in taken and (kept.runner == "none" or port_is_free(port)):
            yield port
    raise SandboxError("no port is left for another site")
