"""Programs that declare by hand what ``Fleet`` never would. The stack's name says which rule is broken."""

from typing import Any

import pulumi

from mirrors.resources.environment_variables import EnvironmentVariables
from mirrors.resources.site_ids import SiteIds

DSN = "postgres://acme:c4n4ry@db.example.com/acme"


def variables(slug: str, *, secrets: tuple[str, ...] = ("DATABASE_URL",), **values: str) -> None:
    where: dict[str, Any] = {
        "site": slug,
        "environment": f"environment-of-{slug}",
        "found": {},
        "secrets": list(secrets),
    }
    where |= {"rollout": None, "turn": None}
    wire = {name: {"value": value, "sensitive": name == "DATABASE_URL"} for name, value in values.items()}
    for name in secrets:
        wire[name]["value"] = pulumi.Output.secret(wire[name]["value"])
    EnvironmentVariables(slug, where, wire, pulumi.ResourceOptions())


def unprotected(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
    opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(protect=False))
    return pulumi.ResourceTransformationResult(args.props, opts)


def own_site_id() -> None:
    variables("acme-de", DATABASE_URL=DSN)


def unique_site_ids() -> None:
    variables("acme-de", DATABASE_URL=DSN, SITE_ID="2")
    variables("acme-fr", DATABASE_URL=DSN, SITE_ID="2")


def no_plain_secret() -> None:
    variables("acme-de", secrets=(), DATABASE_URL=DSN, SITE_ID="2", PAYMENT_TOKEN="c4n4ry")


def live_protected() -> None:
    site = {"application": "a", "name": "acme", "original": True}
    lists: dict[str, Any] = {"retired": [], "reserved": [], "release": [], "neighbours": {}, "reference": None}
    hints = {"sites": [site], **lists, "preview": True}
    SiteIds("acme", hints, pulumi.ResourceOptions(transformations=[unprotected]))


RULES = (own_site_id, unique_site_ids, no_plain_secret, live_protected)

if __name__ == "__main__":
    {rule.__name__.replace("_", "-"): rule for rule in RULES}[pulumi.get_stack()]()
