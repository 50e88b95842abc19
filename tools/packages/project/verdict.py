"""``python -m tools.packages.project.verdict OUTPUT``: what ``mirrors_migrate --check`` says, and why, as JSON."""

from __future__ import annotations

import json
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import django

django.setup()

from django.core.management import CommandError, call_command  # noqa: E402 - after the set-up
from django.db import connection  # noqa: E402
from django_mirrors.conf import current_site  # noqa: E402
from django_mirrors.effects import ChangeKind, Effect  # noqa: E402
from django_mirrors.guard import Decision, decide  # noqa: E402
from django_mirrors.image import pending_migrations  # noqa: E402
from django_mirrors.messages import describe_effect  # noqa: E402
from django_mirrors.plan_analysis import analyze_plan  # noqa: E402
from django_mirrors.registry import Registry, utc_now  # noqa: E402
from django_mirrors.release import find_unknown_sites, site_declarations  # noqa: E402


def verdict() -> dict[str, Any]:
    """Return the command's own answer, and the decision behind it as data."""
    plan = pending_migrations(connection)
    effects = analyze_plan(plan.plan, connection, plan.state)
    decision = _decision(effects)
    refused, text = _command()
    return {
        "refused": refused,
        "text": text,
        "migrations": list(plan.names),
        "operations": sum(len(migration.operations) for migration, _ in plan.plan),
        "objections": [_data(effect) for refusal in decision.refusals for effect in refusal.effects],
        "warnings": [_data(effect) for effect in effects if _is_warned(effect, decision)],
        "refusals": len(decision.refusals),
    }


def _decision(effects: Any) -> Decision:
    site, now = current_site(connection), utc_now()
    registry = Registry.for_site(connection, site)
    unknown = find_unknown_sites(registry, connection, now, own=site.site_id)
    return decide(effects, site_declarations(registry, now), unknown, (), now, site_id=site.site_id)


def _command() -> tuple[bool, str]:
    said = StringIO()
    try:
        call_command("mirrors_migrate", check=True, stdout=said, stderr=said)
    except CommandError as error:
        return True, f"{said.getvalue()}{error}"
    return False, said.getvalue()


def _is_warned(effect: Effect, decision: Decision) -> bool:
    said = any(describe_effect(effect) in warning for warning in decision.warnings)
    return effect.kind is ChangeKind.BLOCKS_DELETE and said


def _data(effect: Effect) -> dict[str, Any]:
    references = effect.after.references if effect.after else None
    return {
        "migration": effect.migration,
        "operation": effect.operation,
        "kind": effect.kind.value,
        "table": effect.table or "",
        "column": effect.column or "",
        "refers_to": references.table if references else "",
        "until": effect.until,
        "detail": effect.detail,
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(verdict()), encoding="utf-8")
