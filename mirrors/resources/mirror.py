"""``Mirror`` and ``OriginalSite`` as a program declares them. An application is adopted; it is never deleted."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from mirrors.planning.site_state import OUTPUTS
from mirrors.resources.site import SiteProvider


class Site(Resource):
    """A site's variables and the deployment that runs with them: one property a variable.

    A variable is its value; a secret is ``{fingerprint}``. ``NAME (running)`` exists only where the site runs with
    another value than is set.

    ``site``: application and environment, for messages.
    ``environment``: the uuid of the application's environment.
    ``image_environment``: the uuid of the environment whose image the site runs.
    ``release``: the original's deployment whose image it must run; empty for any.
    ``verified``: whether this deployment was asked if it is healthy. A preview shows false as a change.
    ``found``: the names of the variables that were there before Mirrors. It never deletes them.
    ``hmac_key``: the key of the fingerprints, a secret.
    ``variables``: {name: {value, secret, sensitive}} of the declared ones.
    ``rollout``: whether the site is held, behind a pause, or gets no new release.
    ``turn``: resolves once the site may change.
    ``observed``: {name: {sensitive}} of the variables that are set there now.
    ``databases``: identities of the databases that it may have had before; only where its own is not shown.
    ``newest``: the newest release when the program planned. No deployment starts that would take a later one.
    ``collected``: the run, where it reports failures at its end and repairs the other sites first.
    ``shared``: {name: fingerprint} of the values that the original's mirrors get.
    """

    deployment: pulumi.Output[str]
    """The uuid of the deployment that the site runs."""

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
