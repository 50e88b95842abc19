"""Declares the fleet that Pulumi.yaml and Pulumi.<stack>.yaml describe."""

import pulumi

from mirrors import Fleet

fleet = Fleet()

pulumi.export("sites", fleet.rows)
pulumi.export("siteIds", fleet.site_ids)
pulumi.export("retired", fleet.retired)
pulumi.export("original", fleet.original)
