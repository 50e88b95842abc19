"""What ``mirrors_migrate`` does while it holds the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured, ValidationError

from django_mirrors import identity, linter, schema
from django_mirrors.acknowledgements import read_acknowledgements
from django_mirrors.conf import enforced, this_site, unguarded
from django_mirrors.declaration import Declaration, declare
from django_mirrors.effects import effects_of, prune_effects
from django_mirrors.errors import JudgementError, MirrorsError
from django_mirrors.guard import Decision, SiteDeclaration, UnknownSite, decide, is_alone, unknown_code
from django_mirrors.image import ahead, of_migrations, pending, prunable, this_image
from django_mirrors.migrating import migrate
from django_mirrors.registry import REGISTERED, Registry, utc_now
from django_mirrors.site_table import DEFAULT_DOMAIN, LONGEST_NAME, move_sequence, site_rows, write_site
from django_mirrors.verification import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from django.db.backends.base.base import BaseDatabaseWrapper

    from django_mirrors.effect import Effect
    from django_mirrors.found import FoundTable
    from django_mirrors.image import Pending
    from django_mirrors.locks import Lock

__all__ = ["Release", "ReleaseRefusedError", "declarations", "unknown_sites"]


class ReleaseRefusedError(MirrorsError):
    """The release must not start: its text says why, and what to do."""


class Release:
    """One run of the release command, on the database of ``connection``. ``prune``: labels of apps to prune."""

    def __init__(self, connection: BaseDatabaseWrapper, say: Callable[[str], None], prune: Sequence[str] = ()) -> None:
        self.connection = connection
        self.say = say
        self.prune = tuple(dict.fromkeys(prune))
        self.site = this_site(connection)
        self.registry = Registry.of(connection, self.site)

    def decide(self) -> Pending:
        """What would be applied. Only reads.

        :raises ReleaseRefusedError: this site must not migrate now
        """
        self._refuse_strange_apps()
        plan = pending(self.connection)
        self._refuse_conflicts(plan)
        self._refuse_empty(plan)
        for sentence in self.registry.foreign():
            self.say(sentence)
        for remark in self.site.remarks:
            self.say(f"Warning: {remark}")
        self._refuse_or_warn(*self._site_problems())
        self._guard(plan, utc_now())
        return plan

    def check(self) -> None:
        """What a run would say and refuse. With something pending the schema is not yet what the code will find.

        :raises ReleaseRefusedError: this site must not migrate now, or its code cannot run on the schema
        """
        plan = self.decide()
        if not plan.plan:
            self._verify(schema.look(self.connection, this_image().declaration), plan)

    def run(self, lock: Lock, **options: Any) -> None:
        """Everything, in the order that leaves nothing half-done if it is refused.

        :raises ReleaseRefusedError: this site must not migrate now, or its code cannot run on the schema
        :raises LockLostError: somebody else may have migrated too
        """
        plan = self.decide()
        self.registry.rows.ensure()
        before = schema.look(self.connection, this_image().declaration)
        applied = migrate(self.connection, lock, self.say, **options)
        self.say(f"{applied} of {len(plan.plan)} pending migrations applied.")
        for app_label in self.prune:
            migrate(self.connection, lock, self.say, **{**options, "app_label": app_label, "prune": True})
        self._verify(before, plan)
        if self._may_be_this_site():  # again: meanwhile people save rows in the Sites admin
            self._register()
            self._write_site()
        self._move_sequence()
        lock.verify()

    def _refuse_strange_apps(self) -> None:
        strange = [label for label in self.prune if label not in apps.app_configs]
        if strange:
            raise ReleaseRefusedError(f"There is no app {', '.join(strange)} to prune. Nothing was changed.")

    def _refuse_conflicts(self, plan: Pending) -> None:
        if plan.conflicts:
            raise ReleaseRefusedError(
                f"Migrations have several ends in {', '.join(plan.conflicts)}: "
                "merge them with `manage.py makemigrations --merge`."
            )

    def _refuse_empty(self, plan: Pending) -> None:
        """Migrating it would make the default ``Site`` row, and it would be this mirror's.

        So it would after a first release of the original that has ended half-way.
        """
        if not self.site.is_mirror:
            return
        if not plan.empty and apps.is_installed("django.contrib.sites") and not site_rows(self.connection):
            raise ReleaseRefusedError(
                f"The database has no Site row yet, and {self.site.application} is a mirror: the original's first "
                "release has not come to its end. Deploy the original first."
            )
        if plan.empty:
            raise ReleaseRefusedError(
                f"The database is empty, and {self.site.application} is a mirror: the original makes the tables. Check "
                "DATABASE_URL: it must be the original's. If it is, deploy the original first."
            )

    def _refuse_or_warn(self, *problems: str) -> None:
        if problems and enforced():
            raise ReleaseRefusedError("\n".join(problems))
        for problem in problems:
            self.say(f"Warning: {problem}")

    def _identity_problems(self) -> Sequence[str]:
        return identity.problems(self.site, self.registry.known(), site_rows(self.connection))

    def _may_be_this_site(self) -> bool:
        """False where it may not and nothing is enforced: owners' entries and rows stay as they are.

        :raises ReleaseRefusedError: it may not, since the first look
        """
        problems = self._identity_problems()
        if problems and enforced():
            raise ReleaseRefusedError("\n".join(problems))
        return not problems

    def _site_problems(self) -> Sequence[str]:
        return [*filter(None, [self.site.domain_problem]), *self._identity_problems(), *self._no_domain()]

    def _no_domain(self) -> Iterator[str]:
        """Without a domain the site would be left with Django's default row."""
        if self.site.domain or self.site.domain_problem or not apps.is_installed("django.contrib.sites"):
            return
        rows = {row.site_id: row.domain for row in site_rows(self.connection)}
        if rows.get(self.site.site_id, DEFAULT_DOMAIN) == DEFAULT_DOMAIN:
            yield f"DOMAIN is not set, so site {self.site.site_id} would be {DEFAULT_DOMAIN}: set it to the host name."

    def _guard(self, plan: Pending, now: datetime) -> None:
        self.say(f"Pending: {', '.join(plan.names)}." if plan.plan else "No migration is pending.")
        unknown = unknown_sites(self.registry, self.connection, now, own=self.site.site_id)
        if unknown:
            self.say(f"{unknown_code(unknown)}.")
        if not plan.plan and not self.prune:
            return
        for finding in linter.findings(plan.plan, self.connection):
            self.say(f"django-migration-linter: {finding}")
        decision = self._decision(plan, unknown, now)
        if decision.refusals and not unguarded():
            raise ReleaseRefusedError(decision.text)
        if decision.refusals or decision.warnings:
            self.say(decision.told(unguarded()))

    def _decision(self, plan: Pending, unknown: Sequence[UnknownSite], now: datetime) -> Decision:
        try:
            acknowledgements = read_acknowledgements()
        except ImproperlyConfigured as error:
            raise ReleaseRefusedError(str(error)) from error
        sites = declarations(self.registry, now)
        if is_alone(sites, unknown, self.site.site_id):
            return Decision()
        effects = (*self._effects(plan), *prune_effects(prunable(self.connection, self.prune)))
        return decide(effects, sites, unknown, acknowledgements, now, site_id=self.site.site_id)

    def _effects(self, plan: Pending) -> Sequence[Effect]:
        """None, with a warning, where the guard fails and nothing is enforced."""
        try:
            return effects_of(plan.plan, self.connection, plan.state)
        except JudgementError as error:
            if not unguarded():
                raise
            self.say(f"Warning, and no more, as {unguarded()}: {error}")
            return ()

    def _verify(self, before: Mapping[str, FoundTable], plan: Pending) -> None:
        """``before``: this image's tables as they were before migrating."""
        image = this_image()
        after = schema.look(self.connection, image.declaration)
        lacking = schema.lacking(after, image.declaration, image.migrated_apps)
        if not lacking:
            return
        found = verify(
            lacking,
            before={lack.text for code in self._served(plan) for lack in schema.lacking(before, code)},
            of_migrations=schema.missing(self.connection, of_migrations()),
            ahead=ahead(self.connection),
        )
        if found.remark:
            self.say(found.remark)
        if found.refused and not unguarded():
            raise ReleaseRefusedError(found.told("The schema is not what this code needs, so it must not start:"))
        if found.refused:
            head = f"Warning, and no more, as {unguarded()}: the schema is not what this code needs:"
            self.say(found.told(head))

    def _served(self, plan: Pending) -> Sequence[Declaration]:
        """What code needs that served before this release; where none has registered, what its migrations had made."""
        registered = [site.declaration for site in declarations(self.registry, utc_now())]
        return registered or [declare(plan.state.apps)]

    def _register(self) -> None:
        now, image = utc_now(), this_image()
        self.registry.claim(self.site)
        self.registry.release(self.site, image.fingerprint, image.declaration.as_data(), now)
        self.say(f"Site {self.site.site_id} ({self.site.application}) is registered with release {image.fingerprint}.")

    def _write_site(self) -> None:
        if not self.site.domain or not site_rows(self.connection):
            return
        if len(self.site.name) > LONGEST_NAME:
            self.say(f"SITE_NAME has {len(self.site.name)} characters: a Site row has its first {LONGEST_NAME}.")
        try:
            self.say(write_site(self.connection.alias, self.site))
        except ValidationError as error:
            text = f"DOMAIN or SITE_NAME cannot be stored: {'; '.join(error.messages)}"
            raise ReleaseRefusedError(text) from error

    def _move_sequence(self) -> None:
        """Also where the row was there before, written by hand."""
        if site_rows(self.connection):
            move_sequence(self.connection)


def declarations(registry: Registry, now: datetime) -> Sequence[SiteDeclaration]:
    """What may be running on any site, in the guard's terms."""
    return [
        SiteDeclaration(entry.site_id, entry.application, entry.state, Declaration.from_data(entry.declaration))
        for entry in registry.entries(now)
    ]


def unknown_sites(
    registry: Registry, connection: BaseDatabaseWrapper, now: datetime, *, own: int
) -> Sequence[UnknownSite]:
    """The ``Site`` rows and the claimed ids that nobody has declared, marked or forgotten. ``own``: who asks.

    A process that has loaded owns its id, and may fail its health check all the same: then the containers before it
    serve on, and what they run is known only if it was declared before.
    """
    sites = registry.sites()
    names = {site.site_id: site.domain for site in sites if site.status == REGISTERED}
    names |= {row.site_id: row.domain for row in site_rows(connection)}
    known = {site.site_id for site in sites if site.status != REGISTERED}
    known |= {entry.site_id for entry in registry.entries(now)}
    return [UnknownSite(number, names[number], number == own) for number in sorted(names.keys() - known)]
