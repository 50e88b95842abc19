"""Small fleets as the planner sees them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mirrors.config import Settings
from mirrors.planning.observed import ObservedDeployment, ObservedFleet, ObservedSite, ObservedVariable

DATABASE = "postgres://acme:hunter22@db.example.com:5432/acme-test"
STORAGE = "s3://key:sesame11@media.s3.amazonaws.com/?auth=s3v4"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def deployment(uuid: str, start: int, end: int | None = None, *, success: bool | None = None) -> ObservedDeployment:
    """Return a deployment by the minutes of its start and end; it succeeded if it ended and nothing else is said."""
    ended = at(end) if end is not None else None
    return ObservedDeployment(uuid, at(start), ended, (ended is not None or None) if success is None else success)


def settings(*mirrors: str, **more: Any) -> Settings:
    fleet = {"original": {"application": "acme"}, "mirrors": [{"application": slug} for slug in mirrors]}
    return Settings.model_validate({"fleet": fleet, "environment": "test", "apiToken": "token", **more})


def original(**changes: Any) -> ObservedSite:
    frozen = {"DATABASE_URL": DATABASE, "DEFAULT_STORAGE_DSN": STORAGE, "DOMAIN": "www.example.com"}
    seen = ObservedSite("acme", "u-acme", "e-acme", {}, (deployment("d1", 0, 1),), frozen)
    return replace(seen, **changes)


def fresh(slug: str) -> ObservedSite:
    """Return a mirror as the Control Panel leaves it."""
    return ObservedSite(slug, f"u-{slug}", f"e-{slug}")


def converged(slug: str, site_id: int, start: int = 5) -> ObservedSite:
    """Return a mirror that has everything, and runs the release that was there when its deployment started."""
    values = {
        "SITE_ID": str(site_id),
        "MIRRORS_APPLICATION": slug,
        "DATABASE_URL": DATABASE,
        "DEFAULT_STORAGE_DSN": STORAGE,
    }
    plain = {"SITE_ID", "MIRRORS_APPLICATION"}
    variables = {
        name: ObservedVariable(value if name in plain else None, sensitive=name not in plain)
        for name, value in values.items()
    }
    frozen = {**values, "DOMAIN": f"{slug}.example.com"}
    return ObservedSite(slug, f"u-{slug}", f"e-{slug}", variables, (deployment(f"d-{slug}", start, start + 1),), frozen)


def seen(*mirrors: ObservedSite, **changes: Any) -> ObservedFleet:
    fleet = ObservedFleet(original(), {site.slug: site for site in mirrors}, "e-acme-live", (deployment("r1", 0, 1),))
    return replace(fleet, **changes)
