"""Promises about a fleet of containers."""

from __future__ import annotations

from tools.mutants.mutation import Mutation

DECLARED = "tests/docker/test_declared.py"
PROVIDERS = "tests/docker/test_providers.py"

CONTAINERS = (
    Mutation(
        "a-container-that-has-died-is-waited-for",
        "mirrors/docker/serving.py",
        " or restarts > self.restarts:\n",
        ":\n",
        (f"{PROVIDERS}::test_one_that_ends_is_reported_at_once_with_its_log_and_no_secret",),
    ),
    Mutation(
        "a-container-that-has-recovered-is-refused",
        "mirrors/docker/serving.py",
        "        self.failures = self._count_failed_checks()\n",
        "        self.failures = 0\n",
        (f"{PROVIDERS}::test_what_had_happened_before_the_first_look_does_not_count",),
    ),
    Mutation(
        "the-log-of-a-container-shows-its-secrets",
        "mirrors/docker/host/client.py",
        "        return redact_log(printed, read_container_variables(container).items(), others=secrets)\n",
        "        return printed\n",
        (f"{PROVIDERS}::test_one_that_ends_is_reported_at_once_with_its_log_and_no_secret",),
    ),
    Mutation(
        "what-a-release-keeps-is-in-clear",
        "mirrors/docker/command_provider.py",
        'mark_secret(kept["environment"])',
        'kept["environment"]',
        (f"{PROVIDERS}::test_what_has_run_for_an_image_is_kept_and_marked_whatever_is_not_known_yet",),
    ),
    Mutation(
        "a-release-command-runs-for-each-new-password",
        "mirrors/docker/command_provider.py",
        "        return CheckResult(inputs | kept",
        "        return CheckResult(inputs, []) if kept else CheckResult(inputs | kept",
        (f"{PROVIDERS}::test_what_has_run_for_an_image_is_kept_and_marked_whatever_is_not_known_yet",),
    ),
    Mutation(
        "a-volume-goes-with-its-fleet",
        "mirrors/docker/sites/context.py",
        "retain_on_delete=True",
        "retain_on_delete=False",
        (f"{DECLARED}::test_volumes_stay_and_containers_make_room_before_they_are_replaced",),
    ),
    Mutation(
        "a-site-does-not-wait-for-the-release-command",
        "mirrors/docker/sites/site.py",
        "    before = [*context.ready, *([release] if release else [])]\n",
        "    before = [*context.ready]\n",
        (f"{DECLARED}::test_each_site_waits_for_the_release_command_of_its_image",),
    ),
    Mutation(
        "a-duration-is-not-written-as-it-is-read-back",
        "mirrors/docker/sites/healthcheck.py",
        'f"{minutes}m{left}s" if minutes else f"{left}s"',
        'f"{seconds}s"',
        ("tests/unit/test_planning_containers.py::test_durations_are_written_as_go_writes_them",),
    ),
)
