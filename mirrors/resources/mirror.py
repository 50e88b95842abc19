"""``Mirror`` and ``OriginalSite`` as a program declares them. An application is adopted; it is never deleted.

``CHECK_ONLY`` of ``mirrors.planning.site_properties`` has the name of each check-only property in the code.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from mirrors.planning.site_properties import OUTPUTS
from mirrors.resources.site import SiteProvider


class Site(Resource):
    """A site's variables and the deployment that runs with them: one property a variable.

    A variable is its value; a secret is ``{fingerprint}``. ``NAME (running)`` exists only where the site runs with
    another value than is set.

    Attributes:
        site: The application and the environment, for messages.
        environment: The uuid of the application's environment. Another one replaces the resource.
        image_environment: The uuid of the environment whose image the site runs.
        verified: Whether this deployment was asked if it is healthy. A preview shows false as a change.
        found: The names of the variables that were set before Mirrors. Mirrors never deletes them.
        hmac_key: The key of the fingerprints, a secret.
        variables: Check only. The declared variables: {name: {value, secret, sensitive}}.
        rollout: Check only. Whether the site is held, behind a pause, or gets no new release.
        turn: Check only. It resolves once the site has a slot of the rollout.
        observed: Check only. The variables that are set there now: {name: {sensitive}}.
        databases: Check only. The identities of the databases that the site may have had before, where its own is not
            shown.
        newest: Check only. The newest release when the program planned. Mirrors starts no deployment that would take a
            later one.
        collected: Check only. The run, where it reports failures at its end and repairs the other sites first.
        shared: Check only. Of the original: {name: digest} of the values that its mirrors get.
    """

    site: pulumi.Output[str]
    deployment: pulumi.Output[str]
    """The uuid of the deployment that the site runs."""

    release: pulumi.Output[str]
    """The original's deployment whose image the site runs; empty for the original."""

    url: pulumi.Output[str]
    """The address for a browser; empty where the site has none."""

    failed: pulumi.Output[str | None]
    """The failure, where failures are deferred. The next ``up`` tries again."""

    attempt: pulumi.Output[str | None]
    """The run in which it ``failed``. A site that another run does not target keeps it."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(SiteProvider(), name, {**props, **dict.fromkeys(OUTPUTS)}, opts)


class Mirror(Site, module="mirrors", name="Mirror"):
    __doc__ = Site.__doc__


class OriginalSite(Site, module="mirrors", name="OriginalSite"):
    """The original as a site, where the configuration has it deployed. Its properties are those of a mirror."""
