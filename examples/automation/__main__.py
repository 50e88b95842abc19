"""A fleet whose mirrors are the customers in ``customers.json``."""

import json
from pathlib import Path

import pulumi

from mirrors import Fleet, FleetArgs, MirrorArgs, OriginalArgs

customers: dict[str, int | None] = json.loads(Path("customers.json").read_text(encoding="utf-8"))
fleet = Fleet(
    "acme",
    FleetArgs(
        original=OriginalArgs("acme"),
        mirrors=[MirrorArgs(slug, site_id=site_id) for slug, site_id in customers.items()],
    ),
)

pulumi.export("urls", {slug: site.url for slug, site in fleet.sites.items()})
pulumi.export("siteIds", fleet.site_ids)
pulumi.export("retired", fleet.retired)
