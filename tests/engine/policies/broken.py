"""A program that declares by hand what ``Fleet`` never would: it breaks each rule of the policy pack."""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

from mirrors.resources.mirror import Mirror

DSN = "postgres://acme:c4n4ry@db.example.com/acme"


def variables(slug: str, **values: str) -> None:
    where: dict[str, Any] = {
        "site": slug,
        "environment": f"environment-of-{slug}",
        "image_environment": "environment-of-acme",
        "release": "",
    }
    shared = {"value": pulumi.Output.secret(DSN), "secret": True, "sensitive": True}
    plain = {name: {"value": value, "secret": False, "sensitive": False} for name, value in values.items()}
    Mirror(slug, {**where, "variables": {"DATABASE_URL": shared, **plain}}, pulumi.ResourceOptions())


class Anything(ResourceProvider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("by-hand", props)


class LedgerByHand(Resource, module="mirrors", name="SiteIds"):
    """No one has allocated its ids, as after an edit of the state, and no one has protected it."""

    def __init__(self, **site_ids: int) -> None:
        assignments = {f"uuid-of-{name}": {"name": name.replace("_", "-"), "id": n} for name, n in site_ids.items()}
        props = {"assignments": assignments, "retired": {}, "highest": max(site_ids.values())}
        super().__init__(Anything(), "acme", props)


if __name__ == "__main__":
    LedgerByHand(acme=1, acme_de=2, acme_it=2, acme_fr=3)
    variables("acme-de", SITE_ID="2", PAYMENT_TOKEN="c4n4ry", STRIPE_KEY="c4n4ry")
    variables("acme-fr", SITE_ID="1")
    variables("acme-at")
