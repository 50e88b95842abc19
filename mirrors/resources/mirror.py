"""``Mirror`` and ``OriginalSite`` as a program declares them. An application is adopted; it is never deleted."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from mirrors.planning.site_state import OUTPUTS
from mirrors.resources.site import SiteProvider


class Site(Resource):
    """A site's variables and the deployment that runs with them: one property a variable.

    A variable is its value; of a secret ``{fingerprint}``. ``NAME (running)`` is there only where the site runs with
    something else than is set.

    ``site``: application and environment, for messages.
    ``environment``: the uuid of the application's environment.
    ``image_environment``: the uuid of the environment whose image the site runs.
    ``release``: the original's deployment whose image it shall run; empty for whichever it runs.
    ``verified``: whether this deployment was asked if it is healthy; false is a change that a preview shows.
    ``found``: the names of the variables that were there before us. They are never deleted.
    ``hmac_key``: of the fingerprints, a secret.
    ``variables``: {name: {value, secret, sensitive}} of the declared ones.
    ``rollout``: whether the site is held, behind a pause, or gets no new release.
    ``turn``: resolves once the site may change.
    ``observed``: {name: {sensitive}} of the variables that are set there now.
    ``databases``: identities of the databases that it may have had before; only where its own is not shown.
    ``newest``: the newest release when the program planned; a deployment that would take a later one is not started.
    ``collected``: the run, where it reports a failure at its end and none keeps another site from being repaired.
    ``shared``: of the original, {name: fingerprint} of the values that its mirrors get.
    """

    deployment: pulumi.Output[str]
    """The uuid of the deployment that the site runs."""

    url: pulumi.Output[str]
    """Where a browser finds the site; empty where it has no address."""

    failed: pulumi.Output[str | None]
    """What went wrong, where failures are collected. The next ``up`` tries again."""

    attempt: pulumi.Output[str | None]
    """In which run it ``failed``: a site that is no target of another one keeps what it has."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(SiteProvider(), name, {**props, **dict.fromkeys(OUTPUTS)}, opts)


class Mirror(Site, module="mirrors", name="Mirror"):
    __doc__ = Site.__doc__


class OriginalSite(Site, module="mirrors", name="OriginalSite"):
    """The original as a site, where the configuration has it deployed. Its properties are those of a mirror."""
