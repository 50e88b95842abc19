"""The steps of ``mirrors_migrate`` while it holds the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured, ValidationError

from django_mirrors.acknowledgements import read_acknowledgements
from django_mirrors.conf import current_site, is_enforced, why_not_enforced
from django_mirrors.declaration import SchemaDeclaration, declare_schema
from django_mirrors.errors import AnalysisError, MirrorsError
from django_mirrors.guard import Decision, SiteDeclaration, UnknownSite, decide, is_alone, unknown_code
from django_mirrors.half_applied import HalfAppliedMigrations
from django_mirrors.image import (
    apps_ahead_of_image,
    declare_migrated_schema,
    packaged_apps,
    pending_migrations,
    prunable_migrations,
    this_image,
)
from django_mirrors.linter import lint_plan
from django_mirrors.migrate_runner import run_migrate
from django_mirrors.plan_analysis import analyze_plan, analyze_prune
from django_mirrors.registry import REGISTERED, Registry, utc_now
from django_mirrors.schema_check import find_mismatches, mismatch_texts, observe_tables
from django_mirrors.schema_verdict import judge_mismatches
from django_mirrors.site_identity import identity_problems
from django_mirrors.site_table import DEFAULT_DOMAIN, MAX_NAME_LENGTH, advance_id_sequence, save_site_row, site_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from django.db.backends.base.base import BaseDatabaseWrapper

    from django_mirrors.catalogues.observed import DatabaseTable
    from django_mirrors.effects import Effect
    from django_mirrors.image import PendingMigrations
    from django_mirrors.locks import Lock
    from django_mirrors.registry import RegistryEntry

__all__ = ["ReleaseCommand", "ReleaseRefusedError", "find_unknown_sites", "site_declarations"]


class ReleaseRefusedError(MirrorsError):
    """The release must not start. The text names the reason and the remedy."""


class ReleaseCommand:
    """One run of the release command on the database of ``connection``. ``prune``: labels of apps to prune."""

    def __init__(
        self, connection: BaseDatabaseWrapper, report: Callable[[str], None], prune: Sequence[str] = ()
    ) -> None:
        self.connection = connection
        self.report = report
        self.prune = tuple(dict.fromkeys(prune))
        self.site = current_site(connection)
        self.registry = Registry.for_site(connection, self.site)

    def decide(self) -> PendingMigrations:
        """Return the migrations that would be applied. Only reads.

        Raises:
            ReleaseRefusedError: this site must not migrate now.
        """
        self._refuse_unknown_apps()
        plan = pending_migrations(self.connection)
        self._refuse_conflicts(plan)
        self._refuse_empty(plan)
        for sentence in self.registry.foreign_warnings():
            self.report(sentence)
        for half in HalfAppliedMigrations(self.connection).all():
            self.report(f"Warning: {half.text}")
        for remark in self.site.notes:
            self.report(f"Warning: {remark}")
        self._refuse_or_warn(*self._site_problems())
        self._check_migrations(plan, utc_now())
        return plan

    def check(self) -> None:
        """Report and refuse as a run would.

        The schema is checked only if nothing is pending: a pending migration may still change it.

        Raises:
            ReleaseRefusedError: this site must not migrate now, or its code cannot run on the schema.
        """
        plan = self.decide()
        if not plan.plan:
            self._verify(observe_tables(self.connection, this_image().declaration), plan)

    def run(self, lock: Lock, **options: Any) -> None:
        """Run all steps, in an order that leaves nothing half-done after a refusal.

        Raises:
            ReleaseRefusedError: this site must not migrate now, or its code cannot run on the schema.
            LockLostError: another process may have migrated at the same time.
        """
        plan = self.decide()
        self.registry.table.create_if_missing()
        HalfAppliedMigrations(self.connection).forget_applied()
        before = observe_tables(self.connection, this_image().declaration)
        applied = run_migrate(self.connection, lock, self.report, **options)
        self.report(f"{applied} of {len(plan.plan)} pending migrations applied.")
        for app_label in self.prune:
            run_migrate(self.connection, lock, self.report, **{**options, "app_label": app_label, "prune": True})
        self._verify(before, plan)
        if self._has_valid_identity():  # again: editors save rows in the Sites admin meanwhile
            self._register()
            self._write_site()
        self._advance_id_sequence()
        lock.verify()

    def _refuse_unknown_apps(self) -> None:
        unknown = [label for label in self.prune if label not in apps.app_configs]
        if unknown:
            raise ReleaseRefusedError(f"There is no app {', '.join(unknown)} to prune. Nothing was changed.")

    def _refuse_conflicts(self, plan: PendingMigrations) -> None:
        if plan.conflicts:
            raise ReleaseRefusedError(
                f"Migrations have several leaf nodes in {', '.join(plan.conflicts)}: "
                "merge them with `manage.py makemigrations --merge`."
            )

    def _refuse_empty(self, plan: PendingMigrations) -> None:
        """Refuse a mirror on an empty database: ``migrate`` would create the default ``Site`` row for this mirror.

        The same holds after a first release of the original that ended half-way.
        """
        if not self.site.is_mirror:
            return
        if not plan.empty and apps.is_installed("django.contrib.sites") and not site_rows(self.connection):
            raise ReleaseRefusedError(
                f"The database has no Site row yet, and {self.site.application} is a mirror: the original's first "
                "release has not finished. Deploy the original first."
            )
        if plan.empty:
            raise ReleaseRefusedError(
                f"The database is empty, and {self.site.application} is a mirror: the original makes the tables. Check "
                "DATABASE_URL: it must be the original's. If it is, deploy the original first."
            )

    def _refuse_or_warn(self, *problems: str) -> None:
        if problems and is_enforced():
            raise ReleaseRefusedError("\n".join(problems))
        for problem in problems:
            self.report(f"Warning: {problem}")

    def _identity_problems(self) -> Sequence[str]:
        return identity_problems(self.site, self.registry.snapshot(), site_rows(self.connection))

    def _has_valid_identity(self) -> bool:
        """Return False if the site has a wrong identity and nothing is enforced: owners' entries and rows remain.

        Raises:
            ReleaseRefusedError: the identity has become wrong since the first check.
        """
        problems = self._identity_problems()
        if problems and is_enforced():
            raise ReleaseRefusedError("\n".join(problems))
        return not problems

    def _site_problems(self) -> Sequence[str]:
        return [*filter(None, [self.site.domain_problem]), *self._identity_problems(), *self._no_domain()]

    def _no_domain(self) -> Iterator[str]:
        """Yield a problem if the site would keep Django's default row, because it has no domain."""
        if self.site.domain or self.site.domain_problem or not apps.is_installed("django.contrib.sites"):
            return
        rows = {row.site_id: row.domain for row in site_rows(self.connection)}
        if rows.get(self.site.site_id, DEFAULT_DOMAIN) == DEFAULT_DOMAIN:
            yield f"DOMAIN is not set, so site {self.site.site_id} would be {DEFAULT_DOMAIN}: set it to the host name."

    def _check_migrations(self, plan: PendingMigrations, now: datetime) -> None:
        self.report(f"Pending: {', '.join(plan.names)}." if plan.plan else "No migration is pending.")
        unknown = find_unknown_sites(self.registry, self.connection, now, own=self.site.site_id)
        if unknown:
            self.report(f"{unknown_code(unknown)}.")
        if not plan.plan and not self.prune:
            return
        for finding in lint_plan(plan.plan, self.connection):
            self.report(f"django-migration-linter: {finding}")
        decision = self._decision(plan, unknown, now)
        if decision.refusals and not why_not_enforced():
            raise ReleaseRefusedError(decision.text)
        if decision.refusals or decision.warnings:
            self.report(decision.describe(why_not_enforced()))

    def _decision(self, plan: PendingMigrations, unknown: Sequence[UnknownSite], now: datetime) -> Decision:
        try:
            acknowledgements = read_acknowledgements()
        except ImproperlyConfigured as error:
            raise ReleaseRefusedError(str(error)) from error
        sites = site_declarations(self.registry, now)
        if is_alone(sites, unknown, self.site.site_id):
            return Decision()
        effects = (*self._effects(plan), *analyze_prune(prunable_migrations(self.connection, self.prune)))
        own, packaged = self.site.site_id, packaged_apps()
        return decide(effects, sites, unknown, acknowledgements, now, site_id=own, packaged_apps=packaged)

    def _effects(self, plan: PendingMigrations) -> Sequence[Effect]:
        """Return the effects. If the guard fails and nothing is enforced, warn and return none."""
        try:
            return analyze_plan(plan.plan, self.connection, plan.state)
        except AnalysisError as error:
            if not why_not_enforced():
                raise
            self.report(f"Warning only, as {why_not_enforced()}: {error}")
            return ()

    def _verify(self, before: Mapping[str, DatabaseTable], plan: PendingMigrations) -> None:
        """Check the schema after migrating.

        Args:
            before: this image's tables as they were before migrating.
            plan: the migrations that were pending.
        """
        image = this_image()
        needed = image.declaration.normalize(self.connection)
        lacking = find_mismatches(observe_tables(self.connection, needed), needed, image.migrated_apps)
        if not lacking:
            return
        found = judge_mismatches(
            lacking,
            before={lack.text for code in self._earlier_declarations(plan) for lack in find_mismatches(before, code)},
            of_migrations=mismatch_texts(self.connection, declare_migrated_schema()),
            ahead=apps_ahead_of_image(self.connection),
        )
        if found.report_text:
            self.report(found.report_text)
        if found.refused and not why_not_enforced():
            raise ReleaseRefusedError(
                found.refusal_text("The schema is not what this code needs, so it must not start:")
            )
        if found.refused:
            head = f"Warning only, as {why_not_enforced()}: the schema is not what this code needs:"
            self.report(found.refusal_text(head))

    def _earlier_declarations(self, plan: PendingMigrations) -> Sequence[SchemaDeclaration]:
        """Return the declarations of the code that served before this release.

        If no code is registered, return the schema that the applied migrations had created.
        """
        registered = [site.declaration for site in site_declarations(self.registry, utc_now())]
        return registered or [declare_schema(plan.state.apps).normalize(self.connection)]

    def _register(self) -> None:
        now, image = utc_now(), this_image()
        self.registry.claim(self.site)
        self.registry.register_release(self.site, image.fingerprint, image.declaration.as_data(), now)
        self.report(
            f"Site {self.site.site_id} ({self.site.application}) is registered with release {image.fingerprint}."
        )

    def _write_site(self) -> None:
        if not self.site.domain or not site_rows(self.connection):
            return
        if len(self.site.name) > MAX_NAME_LENGTH:
            self.report(f"SITE_NAME has {len(self.site.name)} characters: a Site row has its first {MAX_NAME_LENGTH}.")
        try:
            self.report(save_site_row(self.connection.alias, self.site))
        except ValidationError as error:
            text = f"DOMAIN or SITE_NAME cannot be stored: {'; '.join(error.messages)}"
            raise ReleaseRefusedError(text) from error

    def _advance_id_sequence(self) -> None:
        """Advance the sequence, also for a row that was written by hand."""
        if site_rows(self.connection):
            advance_id_sequence(self.connection)


def site_declarations(registry: Registry, now: datetime) -> Sequence[SiteDeclaration]:
    """Return the declarations that may be running on any site, with normalized names."""
    return [
        SiteDeclaration(entry.site_id, entry.application, entry.state, _declaration(entry, registry))
        for entry in registry.entries(now)
    ]


def _declaration(entry: RegistryEntry, registry: Registry) -> SchemaDeclaration:
    return SchemaDeclaration.from_data(entry.declaration).normalize(registry.table.connection)


def find_unknown_sites(
    registry: Registry, connection: BaseDatabaseWrapper, now: datetime, *, own: int
) -> Sequence[UnknownSite]:
    """Return the ``Site`` rows and claimed ids without a declaration, except marked and forgotten ones.

    A process that has loaded owns its id, and may still fail its health check. The containers before it then go on
    serving, and their code is known only if it was declared before.

    Args:
        registry: the registry.
        connection: to the database with the ``Site`` rows.
        now: the current time.
        own: the id of the site that asks.
    """
    sites = registry.sites()
    names = {site.site_id: site.domain for site in sites if site.status == REGISTERED}
    names |= {row.site_id: row.domain for row in site_rows(connection)}
    known = {site.site_id for site in sites if site.status != REGISTERED}
    known |= {entry.site_id for entry in registry.entries(now)}
    return [UnknownSite(number, names[number], number == own) for number in sorted(names.keys() - known)]
