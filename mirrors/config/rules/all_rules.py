"""All rules about more than one key. Each rule is a function ``check_…`` from the settings to problems."""

from collections.abc import Iterator
from itertools import chain

from mirrors.config.rules import fleet_rules, rollout_rules, variable_rules
from mirrors.config.rules.validation_context import ValidationContext
from mirrors.problems import Problem


def check_platform_rules(context: ValidationContext) -> Iterator[Problem]:
    """Apply the rules of the chosen platform."""
    yield from context.settings.platform.problems(context)


_CONFIG_RULES = (
    fleet_rules.check_applications_differ,
    fleet_rules.check_site_ids_differ,
    fleet_rules.check_site_ids_are_free,
    fleet_rules.check_former_slugs_are_gone,
    variable_rules.check_own_variables_undeclared,
    variable_rules.check_domains_are_hosts,
    variable_rules.check_plain_or_secret,
    fleet_rules.check_slugs_in_fleet,
    fleet_rules.check_reserved_slug,
    variable_rules.check_shared_names,
    variable_rules.check_shared_values,
    fleet_rules.check_stack_reference,
    rollout_rules.check_wave_sizes,
    rollout_rules.check_pause_after,
    rollout_rules.check_original_not_held,
    check_platform_rules,
)


def validate_settings(context: ValidationContext) -> Iterator[Problem]:
    """Yield a problem for each rule that the settings break, each problem once."""
    return iter(dict.fromkeys(chain.from_iterable(rule(context) for rule in _CONFIG_RULES)))
