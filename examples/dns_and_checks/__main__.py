"""A fleet with a DNS record and an uptime check for each mirror, from two public providers."""

import pulumi
import pulumi_checkly as checkly
import pulumi_dnsimple as dnsimple

from mirrors import Fleet, FleetArgs, MirrorArgs, OriginalArgs

ZONE = "example.com"
LANGUAGES = ("de", "fr")

fleet = Fleet(
    "acme",
    FleetArgs(
        original=OriginalArgs("acme"),
        mirrors=[MirrorArgs(f"acme-{code}", variables={"DOMAIN": f"{code}.{ZONE}"}) for code in LANGUAGES],
    ),
)

for code in LANGUAGES:
    site = fleet.sites[f"acme-{code}"]
    record = dnsimple.ZoneRecord(
        site.application, zone_name=ZONE, name=code, type="CNAME", value=f"{site.application}.divio.example"
    )
    # The address comes from the deployed site. The record must be there before the first check as well.
    checkly.UrlMonitor(
        site.application,
        name=site.domain,
        activated=True,
        frequency=5,
        request=checkly.UrlMonitorRequestArgs(url=site.url),
        tags=[pulumi.Output.concat("release-", site.release)],
        opts=pulumi.ResourceOptions(depends_on=[record]),
    )
