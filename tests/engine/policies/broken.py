"""Programs that declare by hand what ``Fleet`` never would, each a stack of its own name."""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

from mirrors.resources.mirror import Mirror
from mirrors.resources.site_ids import SiteIds

DSN = "postgres://acme:c4n4ry@db.example.com/acme"


def variables(slug: str, *, secrets: tuple[str, ...] = ("DATABASE_URL",), **values: str) -> None:
    where: dict[str, Any] = {
        "site": slug,
        "environment": f"environment-of-{slug}",
        "image_environment": "environment-of-acme",
        "release": "",
    }
    wire = {
        name: {
            "value": pulumi.Output.secret(value) if name in secrets else value,
            "secret": name in secrets,
            "sensitive": name == "DATABASE_URL",
        }
        for name, value in values.items()
    }
    Mirror(slug, {**where, "variables": wire}, pulumi.ResourceOptions())


class Anything(ResourceProvider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("by-hand", props)


class LedgerByHand(Resource, module="mirrors", name="SiteIds"):
    """No one has allocated its ids, as after an edit of the state."""

    def __init__(self, **site_ids: int) -> None:
        assignments = {f"uuid-of-{name}": {"name": name.replace("_", "-"), "id": n} for name, n in site_ids.items()}
        props = {"assignments": assignments, "retired": {}, "highest": max(site_ids.values())}
        super().__init__(Anything(), "acme", props, pulumi.ResourceOptions(protect=True))


def unprotected(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
    opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(protect=False))
    return pulumi.ResourceTransformationResult(args.props, opts)


def own_site_id() -> None:
    variables("acme-de", DATABASE_URL=DSN)


def unique_site_ids() -> None:
    variables("acme-de", DATABASE_URL=DSN, SITE_ID="2")
    variables("acme-fr", DATABASE_URL=DSN, SITE_ID="2")
    variables("acme-ch", DATABASE_URL=DSN, SITE_ID="1")


def unique_site_ids_with_a_ledger() -> None:
    LedgerByHand(acme=1, acme_de=2, acme_it=2, acme_fr=3)
    variables("acme-de", DATABASE_URL=DSN, SITE_ID="2")
    variables("acme-fr", DATABASE_URL=DSN, SITE_ID="1")


def no_plain_secret() -> None:
    """And an original with its own variables, which is no mirror that has the original's SITE_ID."""
    variables("acme", secrets=(), SITE_ID="1")
    variables("acme-de", secrets=(), DATABASE_URL=DSN, SITE_ID="2", PAYMENT_TOKEN="c4n4ry")


def live_protected() -> None:
    site = {"application": "a", "name": "acme", "is_original": True}
    lists: dict[str, Any] = {"retired": [], "reserved": [], "release": [], "neighbours": {}, "reference": None}
    hints = {"sites": [site], **lists, "preview": True}
    SiteIds("acme", hints, pulumi.ResourceOptions(transformations=[unprotected]))


STACKS = {
    stack.__name__.replace("_", "-"): stack
    for stack in (
        own_site_id,
        unique_site_ids,
        unique_site_ids_with_a_ledger,
        no_plain_secret,
        live_protected,
    )
}

if __name__ == "__main__":
    STACKS[pulumi.get_stack()]()
