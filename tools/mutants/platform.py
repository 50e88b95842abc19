"""Mutations of the client: what is repeated, what is believed, and where the token goes."""

from __future__ import annotations

from tools.mutants.mutation import Mutation

TRANSPORT = "mirrors/divio/transport.py"
REQUESTS = "tests/unit/test_divio_requests.py"
LISTS = "tests/unit/test_divio_lists.py"
STARTS = "tests/unit/test_divio_deployments.py"

ONE_PROCESS = "tests/wire/test_one_process.py"

PLATFORM = (
    Mutation(
        "a-process-serves-four-at-a-time-whatever-is-declared",
        "mirrors/pulumi_internals.py",
        "    executor._max_workers = max(executor._max_workers, threads)\n",
        "",
        (
            f"{ONE_PROCESS}::test_while_as_many_deployments_are_waited_for_a_read_and_a_second_ctrl_c_are_answered",
            f"{ONE_PROCESS}::test_as_many_requests_as_allowed_are_on_their_way_and_no_more",
        ),
    ),
    Mutation(
        "a-failure-shows-the-name-of-its-exception",
        "mirrors/pulumi_internals.py",
        'frame.f_globals["traceback"] =',
        "_ =",
        ("tests/wire/test_reporting.py::test_what_a_read_raises_is_reported",),
    ),
    Mutation(
        "a-failure-that-the-sdk-calls-unknown-is-none",
        "mirrors/pulumi_internals.py",
        "return not await known_input.is_known()",
        "return await known_input.is_known() is None",
        ("tests/unit/test_pulumi_internals.py::test_a_resource_failed_where_its_input_is_unknown_or_an_error",),
    ),
    Mutation(
        "a-look-for-another-wait-makes-ones-own-pauses-longer",
        "mirrors/divio/poll_schedule.py",
        "            if now >= wait.counted + self._policy.delay(wait.looks):\n",
        "            if True:\n",
        (
            "tests/unit/test_divio_looks.py::test_no_wait_is_looked_at_later_than_by_itself_and_no_look_follows_another"
            "_within_the_first_pause",
        ),
    ),
    Mutation(
        "a-post-is-repeated-blindly",
        TRANSPORT,
        'outcome.transient and (request.method != "POST" or isinstance(outcome, Throttled))',
        "outcome.transient",
        (f"{STARTS}::test_a_start_that_happened_unseen_is_not_repeated",),
    ),
    Mutation(
        "an-uncertain-post-is-repeated-without-a-look",
        TRANSPORT,
        "find_existing(failure, maybe_done) if _needs_lookup(failure) else None",
        "None",
        (f"{STARTS}::test_a_start_that_happened_unseen_is_not_repeated",),
    ),
    Mutation(
        "retry-after-is-ignored",
        "mirrors/divio/policy.py",
        "asked = min(max(retry_after or 0.0, 0.0), self.longest_retry_after)",
        "asked = 0.0",
        (f"{REQUESTS}::test_retry_after_is_honoured_in_both_forms_and_capped",),
    ),
    Mutation(
        "a-passing-failure-is-not-repeated",
        "mirrors/divio/errors.py",
        "class ServerFailed(DivioError):\n    transient = True",
        "class ServerFailed(DivioError):\n    transient = False",
        (f"{REQUESTS}::test_a_passing_failure_is_repeated_with_growing_pauses",),
    ),
    Mutation(
        "a-next-page-on-another-host-gets-the-token",
        "mirrors/divio/address.py",
        '        parts = split_url(urljoin(f"{self}/", path))\n',
        '        if "://" in path:\n            return path\n        parts = split_url(urljoin(f"{self}/", path))\n',
        (f"{LISTS}::test_a_next_page_elsewhere_is_refused_before_the_token_is_sent",),
    ),
    Mutation(
        "a-redirect-is-followed",
        TRANSPORT,
        "allow_redirects=False",
        "allow_redirects=True",
        (f"{REQUESTS}::test_a_final_answer_is_not_repeated", "tests/unit/test_divio_errors.py"),
    ),
    Mutation(
        "a-netrc-replaces-the-token",
        "mirrors/divio/session.py",
        "made.trust_env = False",
        "made.trust_env = True",
        (f"{REQUESTS}::test_the_environment_of_the_process_has_no_say",),
    ),
    Mutation(
        "the-token-is-sent-in-clear",
        "mirrors/web_addresses.py",
        'if parts.scheme == "http" and not is_loopback(parts.hostname):',
        "if False:",
        (f"{REQUESTS}::test_plain_http_is_refused_beyond_loopback",),
    ),
    Mutation(
        "an-error-quotes-the-value-that-was-sent",
        "mirrors/divio/responses.py",
        "    said = redact(text[:_LONGEST_TEXT], secrets, whole=True, shortest=1, blank=BLANK_TEXT)",
        "    said = text[:_LONGEST_TEXT]",
        ("tests/unit/test_divio_errors.py::test_no_error_and_no_log_holds_the_value_or_the_token",),
    ),
    Mutation(
        "a-list-that-shifts-is-read-once",
        "mirrors/divio/paging.py",
        "if len({page.count for page in pages}) == 1:",
        "if True:",
        (f"{LISTS}::test_a_list_that_changes_between_its_pages_is_read_again",),
    ),
    Mutation(
        "a-filter-that-is-ignored-is-believed",
        "mirrors/divio/environment_variables.py",
        "if item.environment in of_interest and name in (None, item.name)]",
        "]",
        (f"{LISTS}::test_filters_that_the_platform_ignores_are_applied_here",),
    ),
)
