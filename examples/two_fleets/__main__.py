"""Two fleets in one stack. A variable of one comes from another resource, and other resources use what sites are."""

import pulumi
from trackers import ErrorTracker, UptimeCheck

from mirrors import Fleet, FleetArgs, MirrorArgs, OriginalArgs

is_live = pulumi.get_stack() == "live"
tracker = ErrorTracker("sites")  # its DSN is a secret, and is known once the tracker exists

acme = Fleet(
    "acme",
    FleetArgs(
        original=OriginalArgs("acme"),
        mirrors=[
            MirrorArgs("acme-de", variables={"LANGUAGE": "de"}),
            MirrorArgs("acme-fr", variables={"LANGUAGE": "fr"}, hold=is_live),
        ],
        variables={"SENTRY_DSN": tracker.dsn},
    ),
)
beta = Fleet(
    "beta",
    {
        "original": {"application": "beta"},
        "mirrors": [{"application": "beta-at", "variables": {"SENTRY_DSN": tracker.dsn}}],
    },
)

for site in (*acme.sites.values(), *beta.sites.values()):
    UptimeCheck(site.application, site.url)

for fleet in (acme, beta):
    pulumi.export(fleet.name, {"sites": fleet.rows, **fleet.exported_ids})
pulumi.export("german address", acme.sites["acme-de"].url)
