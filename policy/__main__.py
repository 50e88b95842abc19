"""The policy pack: ``pulumi preview --policy-pack policy`` refuses what breaks a rule, in any program."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError
from rules import (
    SITE_IDS,
    SITE_TYPES,
    in_clear,
    live_not_protected,
    not_its_own,
    values_in,
    without_own_site_id,
)


def known(value: Any) -> Any:
    """Return plain data. A value not known before the update is None: asking for it would end the policy."""
    if isinstance(value, Mapping):
        return {key: known(_item(value, key)) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [known(_item(value, place)) for place in range(len(value))]
    return value


def _item(values: Any, key: Any) -> Any:
    try:
        return values[key]
    except UnknownValueError:
        return None


def own_site_id(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.resource_type in SITE_TYPES:
        problem = without_own_site_id(values_in(args.resource_type, known(args.props)))
        if problem:
            report(problem)


def no_plain_secret(args: ResourceValidationArgs, report: ReportViolation) -> None:
    allowed = args.get_config().get("allow") or ()
    for problem in in_clear(args.resource_type, known(args.props), allowed):
        report(problem)


def unique_site_ids(args: StackValidationArgs, report: ReportViolation) -> None:
    resources = [(item.resource_type, item.name, known(item.props)) for item in args.resources]
    for problem in dict.fromkeys(not_its_own(resources)):
        report(problem)


def live_protected(args: StackValidationArgs, report: ReportViolation) -> None:
    config = pulumi.Config("mirrors")
    environment = config.get("environment") or pulumi.get_stack()
    protected = all(item.opts.protect for item in args.resources if item.resource_type == SITE_IDS)
    for problem in live_not_protected(environment, config.get("onRemoval"), ledger_protected=protected):
        report(problem)


PolicyPack(
    name="mirrors",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[
        ResourceValidationPolicy(
            name="own-site-id",
            description="No mirror has the shared database without a SITE_ID of its own.",
            validate=own_site_id,
        ),
        ResourceValidationPolicy(
            name="no-plain-secret",
            description="What looks like a secret is declared as one.",
            config_schema=PolicyConfigSchema({"allow": {"type": "array", "items": {"type": "string"}}}),
            validate=no_plain_secret,
        ),
        StackValidationPolicy(
            name="unique-site-ids",
            description="No two sites have one SITE_ID, and no mirror has the original's.",
            validate=unique_site_ids,
        ),
        StackValidationPolicy(
            name="live-protected",
            description="In Live the ledger is protected and no variable is removed.",
            validate=live_protected,
        ),
    ],
)
