"""Mutations of fleets in arguments: their Outputs, their problems, and the state that the commands read."""

from __future__ import annotations

from tools.mutants.mutation import Mutation

ARGUMENTS = "tests/unit/test_fleet_arguments.py"
LATER = "mirrors/program/later_values.py"
DECLARED = "mirrors/config/program_fleet.py"
OUTPUT = "mirrors/program/declared_output.py"

PROGRAM_FLEETS = (
    Mutation(
        "a-secret-output-is-plain",
        LATER,
        "pulumi.Output.from_input(_output_of(later).is_secret())",
        "pulumi.Output.from_input(False)",
        (f"{ARGUMENTS}::test_an_output_is_a_secret_if_pulumi_knows_it_as_one",),
    ),
    Mutation(
        "an-output-that-is-no-text-becomes-a-variable",
        LATER,
        'if not isinstance(value, str) or "\\0" in value:',
        "if False:",
        (f"{ARGUMENTS}::test_an_output_that_no_variable_takes_is_refused",),
    ),
    Mutation(
        "a-preview-does-not-say-what-a-value-waits-for",
        LATER,
        "if item.later is not None and not await",
        "if item.later is not None and await",
        (f"{ARGUMENTS}::test_a_preview_says_after_which_resource_a_value_is_known",),
    ),
    Mutation(
        "the-state-forgets-which-variables-are-outputs",
        OUTPUT,
        '"knownLater": places',
        '"knownLater": []',
        (f"{ARGUMENTS}::test_the_declaration_has_no_output_and_comes_back_as_it_was",),
    ),
    Mutation(
        "keys-that-no-fleet-reads-are-silent",
        DECLARED,
        "if declares_fleet(keys):",
        "if keys:",
        (f"{ARGUMENTS}::test_keys_of_a_configured_fleet_that_nothing_reads_are_a_problem",),
    ),
    Mutation(
        "a-refused-fleet-ends-the-program-with-another-code",
        "mirrors/program/refusal.py",
        "super().__init__(REPORTED_EXIT_CODE)",
        "super().__init__(1)",
        (f"{ARGUMENTS}::test_problems_name_arguments_and_have_the_codes_of_the_configuration",),
    ),
    Mutation(
        "the-ledger-names-keys-that-arguments-do-not-have",
        "mirrors/resources/site_ids.py",
        "name_arguments(item, fleet) if fleet else item",
        "item",
        (f"{ARGUMENTS}::test_the_ledger_refuses_with_codes_and_names_arguments",),
    ),
    Mutation(
        "a-command-of-pulumi-names-an-argument",
        "mirrors/config/messages/argument_paths.py",
        'f"{_COMMAND}|{_PLACE}|{_KEY}"',
        'f"{_PLACE}|{_KEY}"',
        (f"{ARGUMENTS}::test_a_command_keeps_the_keys_that_pulumi_takes",),
    ),
    Mutation(
        "a-test-of-a-program-sees-no-hidden-database",
        "mirrors/testing/mocks.py",
        '(hints.get("hidden") or {}).items()',
        "()",
        (f"{ARGUMENTS}::test_a_mirror_that_runs_with_another_database_is_refused_although_it_is_hidden",),
    ),
    Mutation(
        "a-test-of-a-program-asks-a-docker-host",
        "mirrors/testing/program.py",
        "if kind != DEFAULT_PLATFORM:",
        "if False:",
        (f"{ARGUMENTS}::test_a_platform_that_no_test_describes_is_refused_before_the_program_runs",),
    ),
    Mutation(
        "a-rotation-joins-the-waves-of-every-fleet",
        "mirrors/planning/reports/update_progress.py",
        "wave.is_wave and wave.fleet == fleet",
        "wave.is_wave",
        ("tests/unit/test_planning_update_progress.py",),
    ),
    Mutation(
        "a-preview-shows-what-leaves-another-fleet",
        "mirrors/planning/reports/fleet_steps.py",
        '(step.get("newState") or step.get("oldState") or {})',
        '(step.get("newState") or {})',
        ("tests/unit/test_planning_preview_fleets.py",),
    ),
    Mutation(
        "a-command-reads-the-ledger-of-another-fleet",
        "mirrors/cli/state.py",
        'if find_root(item["urn"], parents, roots) == name',
        "if name",
        ("tests/unit/test_cli_state.py",),
    ),
    Mutation(
        "two-fleets-give-one-site-id",
        "mirrors/fleet.py",
        "problems=(*configured.problems, *conflicts)",
        "problems=configured.problems",
        (f"{ARGUMENTS}::test_an_application_is_in_one_fleet",),
    ),
    Mutation(
        "fleets-of-another-run-are-in-the-way",
        "mirrors/program/declared_fleets.py",
        "_BY_RUN.setdefault(run, cls())",
        "_BY_RUN.setdefault(cls, cls())",
        (f"{ARGUMENTS}::test_another_run_may_declare_the_same_fleet",),
    ),
    Mutation(
        "a-program-that-catches-a-refusal-ends-well",
        "mirrors/program/announcements.py",
        "    end_program_with(error)\n",
        "",
        (f"{ARGUMENTS}::test_a_program_that_catches_the_error_ends_with_it_all_the_same",),
    ),
    Mutation(
        "a-refused-fleet-hides-the-error-of-the-program",
        "mirrors/pulumi_internals.py",
        "if sys.exception() is None:",
        "if True:",
        ("tests/unit/test_pulumi_internals.py::test_the_error_of_the_program_itself_goes_first",),
    ),
    Mutation(
        "a-set-is-no-list",
        "mirrors/program/declaration.py",
        "isinstance(value, Iterable) and",
        "isinstance(value, list | tuple) and",
        (f"{ARGUMENTS}::test_any_iterable_is_a_list_and_a_set_has_an_order",),
    ),
    Mutation(
        "a-key-in-two-spellings-has-its-last-value",
        "mirrors/program/declaration.py",
        "if key in found and item is not None:",
        "if False:",
        (f"{ARGUMENTS}::test_a_key_in_two_spellings_is_a_problem",),
    ),
    Mutation(
        "a-secret-of-the-stack-is-a-plain-variable",
        "mirrors/config/rules/secrecy.py",
        "text in readers",
        "not text",
        (f"{ARGUMENTS}::test_a_secret_that_was_read_as_plain_text_is_refused",),
    ),
)
