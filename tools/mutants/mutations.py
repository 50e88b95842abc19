"""The mutations: of each promise of the design, the line that keeps it is taken out, one at a time."""

from __future__ import annotations

from tools.mutants.arguments import PROGRAM_FLEETS
from tools.mutants.containers import CONTAINERS
from tools.mutants.mutation import Mutation
from tools.mutants.platform import PLATFORM
from tools.mutants.services import SERVICES
from tools.mutants.site_ids import SITE_IDS

PLANNED_WRITES = ("tests/unit/test_planning_variables.py", "tests/unit/test_planning_write_properties.py")
DEPLOYMENTS = ("tests/unit/test_planning_deployments.py", "tests/unit/test_planning_write_properties.py")
ROLLOUT = "tests/engine/test_rollout.py"
TARGETS = "tests/unit/test_planning_targets.py"
DEPLOYED = "tests/engine/test_original_deployed.py"
WAVES = "tests/unit/test_planning_waves.py"
PROGRAM = "tests/unit/test_program_registrations.py"
VARIABLES = "tests/wire/test_site_variables.py"
STATE = "tests/wire/test_site_state.py"
HALF_DONE = "tests/wire/test_site_half_done.py"
MEANWHILE = "tests/wire/test_state_machine.py"
DEPLOYMENT = "tests/wire/test_site_deployment.py"
FAULTS = "tests/wire/test_faults.py"
CHECKS = "tests/wire/test_check_and_diff.py"
OTHERS = "tests/wire/test_original.py"
ROLLOUT_CHECKS = "tests/wire/test_rollout.py"
OBSERVED = "tests/unit/test_observe.py"
SITE_CHECKS = "tests/unit/test_resources_site.py"
REPORTING = "tests/wire/test_reporting.py"
SITE_STATES = "tests/unit/test_planning_site_state.py"
REDACTED = ("tests/unit/test_redaction.py",)
REDACTION = "mirrors/redaction/__init__.py"

NAMES = "mirrors/planning/variables/names.py"
WRITES = "mirrors/planning/variables/writes.py"
STEPS = "mirrors/planning/rollout/deployments.py"
SITE_STATE = "mirrors/planning/site_state.py"
ENTRIES = "mirrors/planning/variable_entries.py"
SITE = "mirrors/resources/site.py"
HISTORY = "mirrors/resources/site_history.py"
PROPERTIES = "mirrors/resources/site_inputs.py"
RECONCILER = "mirrors/resources/site_reconciler.py"
DEPLOYER = "mirrors/resources/site_deployer.py"
DATABASES = "mirrors/resources/running_database.py"
START_CHECKS = "mirrors/resources/start_checks.py"
MEMORY = "mirrors/resources/process.py"
DEPLOYING = "mirrors/resources/deployment_runner.py"
OBSERVER = "mirrors/observation/site_ids.py"
WRITING = "mirrors/resources/variable_reconciler.py"

ORDER = (
    Mutation("site-id-is-not-written-first", NAMES, "{SITE_ID: 0,", "{SITE_ID: 2,", PLANNED_WRITES),
    Mutation("database-url-is-not-written-last", NAMES, "DATABASE_URL: 3}", "DATABASE_URL: 0}", PLANNED_WRITES),
    Mutation(
        "database-url-is-removed-last",
        NAMES,
        "sort_for_writing(names)[::-1]",
        "sort_for_writing(names)",
        PLANNED_WRITES,
    ),
    Mutation(
        "site-id-goes-while-a-database-of-others-stays",
        WRITES,
        "(set(SITE_VARIABLES) if keeps_database else set())",
        "set()",
        PLANNED_WRITES,
    ),
    Mutation(
        "site-id-is-not-looked-at-before-the-database",
        WRITING,
        """                self._verify_site_id(f"{DATABASE_URL} was not written")\n""",
        "                pass\n",
        (f"{VARIABLES}::test_a_site_id_that_another_user_changes_in_between_keeps_the_database_away",),
    ),
    Mutation(
        "a-changed-site-id-is-not-read-back-beside-a-database-that-stays",
        WRITING,
        "            if write.verify and not to_the_database:\n",
        "            if False:\n",
        (f"{VARIABLES}::test_a_changed_site_id_is_read_back_before_anything_else_is_written",),
    ),
    Mutation(
        "a-database-stays-without-its-site-id",
        WRITING,
        "        if SITE_ID in wrong and DATABASE_URL in live:\n",
        "        if False:\n",
        (
            f"{VARIABLES}::test_a_site_id_that_another_user_deletes_beside_the_database_is_put_back",
            f"{VARIABLES}::test_where_the_site_id_does_not_stay_the_database_goes_again",
        ),
    ),
    Mutation(
        "nothing-is-read-back",
        WRITING,
        "        if not writes:\n",
        "        if True:\n",
        (f"{VARIABLES}::test_what_another_user_writes_before_the_last_look_is_reported_without_values",),
    ),
    Mutation(
        "flags-are-not-read-back",
        WRITES,
        "sort_for_writing({*find_unset(values, live), *flagged})",
        "sort_for_writing({*find_unset(values, live)})",
        PLANNED_WRITES,
    ),
    Mutation(
        "deployed-without-looking-at-the-variables",
        START_CHECKS,
        "    if wrong:\n",
        "    if False:\n",
        (f"{DEPLOYMENT}::test_nothing_is_deployed_where_someone_writes_while_another_deployment_is_waited_for",),
    ),
    Mutation(
        "a-site-is-deployed-before-its-variables-are-written",
        RECONCILER,
        "                write(variables)\n",
        "                pass\n",
        (f"{VARIABLES}::test_a_create_that_was_interrupted_is_completed",),
    ),
    Mutation(
        "a-site-that-runs-otherwise-is-as-declared",
        SITE_STATE,
        " or bool(find_differences(self.only_managed(declared.is_set).runs, declared.is_set))",
        "",
        (SITE_STATES, f"{STATE}::test_what_runs_otherwise_and_is_set_as_declared_is_deployed"),
    ),
    Mutation(
        "what-is-set-otherwise-is-deployed",
        SITE_STATE,
        "bool(find_differences(self.only_managed(declared.is_set).runs, declared.is_set))",
        "bool(find_differences({**self.runs, **self.is_set}, declared.is_set))",
        (SITE_STATES, f"{STATE}::test_what_is_set_otherwise_and_not_deployed_is_set_again_and_not_deployed"),
    ),
    Mutation(
        "a-preview-takes-what-was-deployed-by-hand-for-declared",
        "mirrors/planning/reports/pulumi_steps.py",
        "    by_hand |= {*run}.intersection(find_differences(before.runs, known.runs))\n",
        "",
        ("tests/unit/test_planning_preview.py",),
    ),
)

THEIRS = (
    Mutation(
        "found-variables-are-deleted-with-the-mirror",
        SITE,
        "stored.is_set.keys() - stored.found - (",
        "stored.is_set.keys() - (",
        (f"{VARIABLES}::test_what_was_found_is_never_deleted",),
    ),
    Mutation(
        "found-variables-are-deleted-once-undeclared",
        RECONCILER,
        "self._declared.keys() - self._found)",
        "self._declared.keys())",
        (f"{VARIABLES}::test_what_was_found_is_never_deleted",),
    ),
    Mutation(
        "what-was-set-by-hand-before-it-was-declared-is-deleted",
        HISTORY,
        "sorted(before.found | ((declared - before.is_set.keys()) & observed.keys()))",
        "sorted(before.found)",
        (SITE_CHECKS,),
    ),
    Mutation(
        "what-was-set-by-hand-since-a-failure-is-deleted",
        HISTORY,
        "checked | found | theirs)",
        "checked | found)",
        (f"{HALF_DONE}::test_what_someone_sets_after_a_failed_create_is_theirs",),
    ),
    Mutation(
        "what-a-failure-has-made-is-forgotten",
        RECONCILER,
        "        if not (written or self._deployer.runs_hidden_values(self._reached)):\n",
        "        if True:\n",
        (f"{HALF_DONE}::test_what_a_failed_create_has_made_stays_mirrors_own",),
    ),
    Mutation(
        "what-a-failure-left-undone-is-done-by-a-pause",
        SITE,
        " or (checked.unchanged and _is_left_undone(_olds, _news, checked.restriction))",
        "",
        (f"{HALF_DONE}::test_what_a_failed_update_left_undone_is_done_after_a_pause_without_a_refresh",),
    ),
    Mutation(
        "a-site-is-deployed-to-be-asked-for-its-health",
        DEPLOYER,
        "            recorded=recorded,\n",
        "",
        ("tests/wire/test_rollout.py::test_where_health_is_asked_for_from_now_on_nothing_is_deployed_for_it",),
    ),
    Mutation(
        "what-we-have-created-counts-as-set-by-hand",
        HISTORY,
        "((declared - before.is_set.keys()) & observed.keys())",
        "(declared & observed.keys())",
        (SITE_CHECKS, MEANWHILE),
    ),
    Mutation(
        "the-checks-do-not-get-what-is-observed",
        "mirrors/program/site_resources.py",
        "observed=observed_variables(site),",
        "observed={},",
        (f"{PROGRAM}::test_the_checks_learn_what_is_observed",),
    ),
    Mutation(
        "a-replaced-resource-strips-the-running-mirror",
        SITE,
        " - (checked.variables.keys() if checked else set())",
        "",
        (f"{VARIABLES}::test_what_the_program_declares_stays_though_a_resource_of_the_same_environment_goes",),
    ),
    Mutation(
        "a-replaced-resource-is-deleted-by-a-later-run",
        "mirrors/program/site_resources.py",
        "        delete_before_replace=True,\n",
        "",
        (f"{PROGRAM}::test_variables_that_are_replaced_on_request_are_deleted_before_they_are_made",),
    ),
    Mutation(
        "foreign-variables-are-deleted",
        WRITING,
        "plan_writes(self.desired, convert_variables(live.values()), written, obsolete)",
        "plan_writes(self.desired, convert_variables(live.values()), written, live)",
        (MEANWHILE,),
    ),
    Mutation(
        "a-foreign-database-loses-its-site-id",
        WRITES,
        "    keeps_database = DATABASE_URL in live and DATABASE_URL not in obsolete\n",
        "    keeps_database = False\n",
        (MEANWHILE,),
    ),
    Mutation(
        "found-is-decided-again-at-every-update",
        HISTORY,
        "sorted(before.found | (",
        "sorted((",
        (f"{SITE_CHECKS}::test_what_was_found_is_decided_once_and_what_is_declared_later_may_be_theirs",),
    ),
    Mutation(
        "the-ledger-takes-what-we-have-made-for-found",
        "mirrors/resources/site_ids.py",
        "before.get(environment, variables)",
        "variables",
        (f"{SITE_CHECKS}::test_the_ledger_has_what_was_there_before_the_first_write",),
    ),
    Mutation(
        "live-strips-a-mirror-that-leaves",
        "mirrors/program/site_resources.py",
        "retain_on_delete=context.settings.keeps_variables",
        "retain_on_delete=False",
        (PROGRAM,),
    ),
    Mutation(
        "drift-is-not-seen",
        PROPERTIES,
        "    if live.value is None:\n",
        "    if True:\n",
        (f"{STATE}::test_read_shows_drift_and_what_was_deleted",),
    ),
)

SECRETS = (
    Mutation(
        "secrets-are-stored-in-clear",
        ENTRIES,
        "Entry(fingerprint_secret(key, name, value) if secret else value,",
        "Entry(value,",
        (f"{SITE_CHECKS}::test_no_secret_is_in_what_is_checked",),
    ),
    Mutation(
        "a-fingerprint-can-be-guessed-without-the-key",
        ENTRIES,
        "hmac.digest(key.encode(), ",
        "hmac.digest(b'', ",
        (f"{SITE_STATES}::test_a_fingerprint_tells_whether_a_secret_is_the_same_and_nothing_else",),
    ),
    Mutation(
        "the-key-of-fingerprints-is-declared-in-clear",
        SITE,
        '{"hmac_key": mark_secret(key)}',
        '{"hmac_key": key}',
        (f"{SITE_CHECKS}::test_no_secret_is_in_what_is_checked",),
    ),
    Mutation(
        "the-key-of-fingerprints-is-read-in-clear",
        PROPERTIES,
        'mark_secret(properties["hmac_key"])',
        'properties["hmac_key"]',
        (f"{STATE}::test_a_refresh_of_what_is_as_declared_changes_nothing_and_marks_the_key",),
    ),
    Mutation(
        "an-originals-values-are-read-in-clear",
        "mirrors/resources/original.py",
        "mark_secrets(values, values)",
        "values",
        (f"{OTHERS}::test_reading_an_original_marks_every_shared_value",),
    ),
    Mutation(
        "a-check-failure-names-a-property",
        "mirrors/resources/provider.py",
        'CheckFailure("", problem.line)',
        'CheckFailure("assignments", problem.line)',
        ("tests/wire/test_site_ids.py",),
    ),
    Mutation(
        "a-failed-check-is-not-reported",
        "mirrors/resources/provider.py",
        """    for problem in found:
        report_problem(problem)
""",
        "",
        (f"{REPORTING}::test_what_a_check_refuses_is_reported_with_code_and_remedy",),
    ),
    Mutation(
        "what-a-read-raises-is-not-reported",
        "mirrors/resources/provider.py",
        """            for problem in error.problems:
                report_problem(problem)
""",
        "",
        (f"{REPORTING}::test_what_a_read_raises_is_reported",),
    ),
    Mutation(
        "an-identity-shows-half-a-password",
        "mirrors/planning/variables/dsn/reading.py",
        '"@" in f"{parts.path}{parts.query}{parts.fragment}"',
        '"@" in parts.path',
        ("tests/unit/test_planning_write_properties.py",),
    ),
    Mutation(
        "nothing-is-redacted",
        REDACTION,
        "    for start, end in _merge_spans(places):",
        "    for start, end in ():",
        REDACTED,
    ),
    Mutation(
        "an-escaped-secret-is-shown",
        "mirrors/redaction/views.py",
        "        undone = _replace_matches(view, _ESCAPES, _unescape_match)",
        "        undone = view",
        REDACTED,
    ),
    Mutation(
        "a-secret-broken-over-two-lines-is-shown",
        "mirrors/redaction/views.py",
        "    first = view = _replace_matches(TextView(text), _NOISE)",
        "    first = view = TextView(text)",
        REDACTED,
    ),
    Mutation("base64-of-a-secret-is-shown", REDACTION, "in _base64_spans(view, forms.encoded)", "in ()", REDACTED),
    Mutation(
        "a-part-of-a-secret-is-shown",
        REDACTION,
        "        places += _secret_spans(view, forms, public)\n",
        "",
        REDACTED,
    ),
    Mutation(
        "a-failed-deployments-log-is-quoted-in-clear",
        DEPLOYING,
        "        log = redact_log(log, [*deployed, *self.variables.items()], self.secrets, self.divio.tokens)\n",
        "",
        (f"{DEPLOYMENT}::test_a_failure_shows_the_end_of_the_log_without_secrets",),
    ),
    Mutation(
        "a-failed-deployments-log-shows-the-token",
        DEPLOYING,
        "self.secrets, self.divio.tokens)",
        "self.secrets)",
        (f"{DEPLOYMENT}::test_the_log_of_a_failure_has_no_secret_in_another_form",),
    ),
    Mutation(
        "new-shared-values-are-plain-on-the-platform",
        "mirrors/program/variable_inputs.py",
        ".get(name, True))",
        ".get(name, False))",
        (PROGRAM,),
    ),
    Mutation(
        "a-secret-among-plain-variables-is-written-in-clear",
        "mirrors/config/rules/secrecy.py",
        "        if key in secret:\n",
        "        if False:\n",
        (f"{PROGRAM}::test_a_secret_among_the_plain_variables_is_refused_before_anything_is_registered",),
    ),
    Mutation(
        "a-token-in-clear-is-no-problem",
        "mirrors/config/rules/secrecy.py",
        " and key not in secret:\n",
        " and False:\n",
        ("tests/unit/test_cli_usage.py::test_a_secret_in_clear_stops_a_command_before_it_asks_the_platform",),
    ),
    Mutation(
        "shared-values-are-registered-in-clear",
        "mirrors/program/divio.py",
        "{key: pulumi.Output.secret(value) for",
        "{key: value for",
        (PROGRAM,),
    ),
)

RELEASES = (
    Mutation("a-running-deployment-is-not-attached-to", STEPS, "if running is not None:", "if False:", DEPLOYMENTS),
    Mutation(
        "a-deployment-with-hidden-values-is-adopted",
        STEPS,
        "if different or hidden or still_runs_with",
        "if different or still_runs_with",
        DEPLOYMENTS,
    ),
    Mutation(
        "a-deployment-with-other-values-is-adopted",
        STEPS,
        "if different or hidden or still_runs_with",
        "if hidden or still_runs_with",
        DEPLOYMENTS,
    ),
    Mutation(
        "a-deployment-with-what-is-undeclared-now-is-adopted",
        STEPS,
        "if different or hidden or still_runs_with",
        "if different or hidden",
        DEPLOYMENTS,
    ),
    Mutation("an-older-release-is-adopted", STEPS, "return actual_end >= wanted_end", "return True", DEPLOYMENTS),
    Mutation(
        "a-failed-deployment-counts-as-a-release",
        "mirrors/planning/rollout/releases.py",
        "if item.has_succeeded]",
        "if item.ended_at]",
        ("tests/unit/test_planning_deployments.py",),
    ),
    Mutation(
        "a-deployment-that-runs-with-other-values-passes",
        DEPLOYING,
        "        if different:\n",
        "        if False:\n",
        (f"{DEPLOYMENT}::test_a_deployment_that_runs_with_other_variables_is_an_error_without_their_values",),
    ),
)

REFUSALS = (
    Mutation(
        "an-unconfirmed-database-reaches-everybody",
        "mirrors/resources/original.py",
        "if name in before and (named := identify_for_confirmation(identity, slug, name)) not in confirmed",
        'if (named := "") is None',
        (f"{CHECKS}::test_a_shared_value_may_rotate_and_may_not_point_elsewhere_unconfirmed",),
    ),
    Mutation(
        "one-confirmation-is-of-whatever-cannot-be-read",
        "mirrors/planning/variables/dsn/service.py",
        'return f"{UNREADABLE_IDENTITY}:{site}:{name}" if identity == UNREADABLE_IDENTITY else identity',
        "return identity",
        (f"{CHECKS}::test_a_value_that_cannot_be_read_is_confirmed_by_its_place_and_by_no_other",),
    ),
    Mutation(
        "another-spelling-asks-for-confirmation",
        "mirrors/resources/original.py",
        "normalize_identity(before) == now",
        "before == now",
        (f"{CHECKS}::test_another_spelling_of_the_same_identity_is_no_change_and_confirms_as_well",),
    ),
    Mutation(
        "a-confirmation-is-read-letter-by-letter",
        "mirrors/resources/original.py",
        '{normalize_identity(identity) for identity in news.get("confirmed") or ()}',
        'set(news.get("confirmed") or ())',
        (f"{CHECKS}::test_another_spelling_of_the_same_identity_is_no_change_and_confirms_as_well",),
    ),
    Mutation(
        "an-id-beside-no-shared-database-hides-who-is-not-on-the-list",
        OBSERVER,
        "all(_is_managed_mirror(mirror, shared) for mirror in mirrors.values())",
        "all(SITE_ID in mirror.variables for mirror in mirrors.values())",
        (OBSERVED,),
    ),
    Mutation(
        "a-copy-of-another-mirror-counts-as-settled",
        OBSERVER,
        "    return owner.value == mirror.slug and parse_site_id",
        "    return parse_site_id",
        (f"{OBSERVED}::test_a_mirror_made_by_hand_is_not_taken_over_with_the_id_of_one_that_is_on_no_list",),
    ),
    Mutation(
        "one-database-has-two-identities",
        "mirrors/planning/variables/dsn/service.py",
        'host = host.lower().rstrip(".")',
        "host = host.lower()",
        ("tests/unit/test_planning_addresses.py",),
    ),
    Mutation(
        "test-and-live-may-share-a-database-that-is-unreadable",
        "mirrors/planning/value_rules.py",
        "elif alike is None and",
        "elif False and",
        ("tests/unit/test_planning_plan.py",),
    ),
    Mutation(
        "test-and-live-may-share-a-database",
        "mirrors/planning/value_rules.py",
        "    yield from _refuse_shared_services(settings, observed)\n",
        "",
        ("tests/unit/test_planning_plan.py",),
    ),
    Mutation(
        "a-mirror-with-a-hidden-database-of-others-is-taken-over",
        DATABASES,
        "if (confirmed := identify_for_confirmation(identity, slug, DATABASE_URL)) not in given_up:",
        'if (confirmed := "") is None:',
        ("tests/wire/test_site_databases.py",),
    ),
    Mutation(
        "problems-are-found-after-the-first-resource",
        "mirrors/program/divio.py",
        "    if problems or planned.original is None:\n",
        "    if planned.original is None:\n",
        (f"{PROGRAM}::test_a_fleet_with_problems_registers_nothing_and_tells_all_of_them",),
    ),
    Mutation(
        "a-refused-first-write-is-tried-everywhere",
        "mirrors/resources/write_gate.py",
        "        self._accepted = False\n",
        "        self._accepted = True\n",
        (f"{FAULTS}::test_a_first_write_that_is_refused_stops_the_fleet_and_says_what_to_set_by_hand",),
    ),
    Mutation(
        "a-held-site-is-deployed-where-what-it-runs-is-not-known",
        "mirrors/resources/deployment_runner.py",
        "            if self.conditions.refusal:\n",
        "            if False:\n",
        ("tests/wire/test_rollout.py::test_a_held_site_is_adopted_as_it_runs_and_never_deployed",),
    ),
    Mutation(
        "a-release-made-during-a-rollout-reaches-the-later-waves",
        "mirrors/resources/deployment_runner.py",
        "        refuse_newer_release(self.divio, self.site, image, newest)\n",
        "",
        (f"{ROLLOUT}::test_a_change_reaches_the_mirrors_in_waves_past_no_failure_and_no_release_that_is_newer",),
    ),
    Mutation(
        "a-paused-site-that-the-state-has-lost-is-written-to",
        SITE,
        "if site.checked.is_paused:\n            raise paused_site",
        "if False:\n            raise paused_site",
        (f"{SITE_CHECKS}::test_a_paused_site_that_the_state_does_not_know_is_not_written_to",),
    ),
    Mutation(
        "what-was-not-checked-is-written-as-if-nothing-were-declared",
        MEMORY,
        "self._checked_sites.get(environment)) is None:",
        "self._checked_sites.get(environment, CheckedSite())) is None:",
        (
            f"{SITE_CHECKS}::test_what_was_not_checked_in_this_process_is_an_error",
            f"{ROLLOUT_CHECKS}::test_what_this_process_has_not_checked_is_neither_written_nor_deployed",
        ),
    ),
    Mutation(
        "a-site-that-gets-no-release-is-the-canary",
        "mirrors/planning/rollout/waves.py",
        "enumerate(sites, start=1) if site in counted]",
        "enumerate(sites, start=1)]",
        (f"{WAVES}::test_a_site_that_gets_no_release_is_no_canary_for_the_others",),
    ),
    Mutation(
        "a-named-site-gets-the-release-that-the-state-knows",
        "mirrors/program/site_resources.py",
        "return planned.release if deployment in earlier else deployment",
        "return deployment",
        (f"{DEPLOYED}::test_an_original_that_mirrors_deploys_converges_and_its_mirrors_follow_once",),
    ),
    Mutation(
        "a-mirror-gets-values-from-before-the-originals-deployment",
        DEPLOYER,
        "if changed := find_changed_values(",
        "if False and find_changed_values(",
        (f"{DEPLOYED}::test_an_original_that_mirrors_deploys_converges_and_its_mirrors_follow_once",),
    ),
    Mutation(
        "a-failure-of-an-earlier-repair-is-shown-again",
        "mirrors/program/scheduler.py",
        "if failed and attempt == self.attempt]",
        "if failed]",
        (f"{ROLLOUT}::test_a_repair_of_what_all_share_is_one_wave_and_a_failure_keeps_no_one_from_it",),
    ),
    Mutation(
        "a-refused-deployment-keeps-the-others-from-a-repair",
        DEPLOYER,
        "bypasses_gate=checked.deferring_run is not None",
        "bypasses_gate=False",
        (f"{FAULTS}::test_in_a_repair_a_refused_deployment_is_that_sites_alone",),
    ),
    Mutation(
        "a-hold-stops-the-repair-of-the-others",
        PROPERTIES,
        "    if not changing or deferring_run is None:\n",
        "    if True:\n",
        (f"{ROLLOUT_CHECKS}::test_a_hold_keeps_its_site_in_a_repair_and_is_a_failure_at_the_end",),
    ),
    Mutation(
        "a-held-site-is-written-to-in-a-repair",
        RECONCILER,
        "            return self._defer_failure(self._stored, error)\n",
        "            site, live = self._state_with_variables(variables), self._read_live(variables)\n",
        (f"{ROLLOUT_CHECKS}::test_a_hold_keeps_its_site_in_a_repair_and_is_a_failure_at_the_end",),
    ),
    Mutation(
        "those-behind-are-deployed-past-a-failed-canary",
        "mirrors/planning/rollout/targets.py",
        "sites = tuple(dict.fromkeys([*earlier, *wanted]))",
        "sites = tuple(wanted)",
        (f"{TARGETS}::test_the_waves_before_are_reached_too_so_that_an_unhealthy_canary_stops_those_behind",),
    ),
    Mutation(
        "a-site-behind-the-pause-without-its-id-is-stripped",
        "mirrors/planning/site_plan.py",
        "site.is_paused and site.observed.is_unconfigured",
        'site.is_paused and "SITE_ID" not in site.observed.variables',
        (f"{WAVES}::test_a_site_after_the_pause_that_lost_its_site_id_is_declared_so_that_nothing_of_it_is_removed",),
    ),
    Mutation(
        "one-mirror-that-cannot-be-repaired-switches-off-the-waves",
        "mirrors/planning/rollout/rotation.py",
        "2 * sum(old) > len(old)",
        "any(old)",
        (f"{WAVES}::test_the_plan_repairs_where_most_samples_run_with_older_credentials",),
    ),
    Mutation(
        "an-empty-answer-about-several-environments-is-believed",
        "mirrors/divio/environment_variables.py",
        "return not any(self._read([environment], rest) for environment in few)",
        "return True",
        ("tests/unit/test_divio_lists.py",),
    ),
    Mutation(
        "404-alone-means-gone",
        "mirrors/resources/provider.py",
        "        if not siblings or environment in siblings:\n",
        "        if False:\n",
        (f"{FAULTS}::test_a_site_that_is_404_while_it_is_listed_is_not_deleted",),
    ),
    Mutation(
        "an-orphaned-provider-goes-on",
        "mirrors/resources/provider.py",
        "        watch_engine(sys.argv)\n",
        "",
        ("tests/wire/test_watchdog.py",),
    ),
    Mutation(
        "an-interrupted-provider-goes-on-waiting",
        "mirrors/resources/watchdog.py",
        "        exit_without_waiting()\n",
        "",
        ("tests/wire/test_watchdog.py",),
    ),
)

REPORTS = (
    Mutation(
        "a-missing-variable-hides-a-stale-password",
        "mirrors/planning/reports/conditions.py",
        "tuple(detail for _, detail in findings)",
        "(findings[0][1],)",
        (
            "tests/unit/test_planning_status.py::test_a_missing_variable_does_not_hide_a_stale_password_nor_an_older_release",
        ),
    ),
    Mutation(
        "a-preview-deploys-for-the-release-of-a-half-done-attempt",
        "mirrors/planning/reports/pulumi_steps.py",
        "SiteState.of(step.new).with_kept_release(outputs, restriction)",
        "SiteState.of(step.new)",
        (
            "tests/unit/test_planning_preview.py"
            "::test_an_attempt_that_stopped_half_way_deploys_nothing_once_no_site_follows_releases",
        ),
    ),
    Mutation(
        "a-released-id-is-never-retired-and-no-one-knows",
        "mirrors/resources/site_ids.py",
        "(*removed, *note_released_ids(now, request))",
        "removed",
        (f"{REPORTING}::test_an_id_that_the_list_of_released_ones_still_has_is_noted",),
    ),
    Mutation(
        "an-error-of-the-system-is-taken-for-a-closed-output",
        "mirrors/cli/progress/__init__.py",
        "            open_view() as view,\n",
        "            silent_if_closed(),\n            open_view() as view,\n",
        (
            "tests/unit/test_cli_deploy_runs.py"
            "::test_only_a_closed_output_is_silent_and_another_error_of_the_system_is_seen",
        ),
    ),
    Mutation(
        "a-full-disk-is-taken-for-a-closed-output",
        "mirrors/cli/progress/view.py",
        "isinstance(error, BrokenPipeError)",
        "isinstance(error, OSError)",
        ("tests/unit/test_cli_deploy_runs.py::test_a_full_disk_behind_the_output_is_seen",),
    ),
)

MUTATIONS = (
    *ORDER,
    *THEIRS,
    *SECRETS,
    *RELEASES,
    *REFUSALS,
    *SITE_IDS,
    *PLATFORM,
    *CONTAINERS,
    *SERVICES,
    *PROGRAM_FLEETS,
    *REPORTS,
)
