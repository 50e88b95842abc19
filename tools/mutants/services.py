"""Promises about a fleet in a swarm."""

from __future__ import annotations

from tools.mutants.mutation import Mutation

PROVIDERS = "tests/docker/test_swarm_providers.py"
VERDICTS = "tests/docker/test_swarm_verdicts.py"

SERVICES = (
    Mutation(
        "a-service-that-runs-another-declaration-is-a-success",
        "mirrors/docker/swarm/verdict.py",
        "    if not _runs_declared_spec(service, declared):\n",
        "    if not service.revision:\n",
        (f"{VERDICTS}::test_a_service_that_runs_another_declaration_is_never_a_success",),
    ),
    Mutation(
        "an-update-is-taken-back-wherever-that-leads",
        "mirrors/docker/swarm/verdict.py",
        "    leads_back = served is not None and service.former == served\n",
        "    leads_back = True\n",
        (f"{VERDICTS}::test_an_update_that_no_node_can_take_is_taken_back_to_what_served",),
    ),
    Mutation(
        "an-update-that-fails-is-left",
        "mirrors/docker/swarm/serving.py",
        "        kept = self._roll_back(data) or verdict.keeps_serving\n",
        "        kept = verdict.keeps_serving\n",
        (f"{PROVIDERS}::test_an_update_that_no_node_takes_is_taken_back_by_mirrors",),
    ),
    Mutation(
        "a-rollback-behind-the-programs-back-is-not-seen",
        "mirrors/docker/swarm/serving.py",
        '    if service.revision != stored["revision"]:\n',
        "    if not service.revision:\n",
        (f"{PROVIDERS}::test_a_read_says_which_revision_runs",),
    ),
    Mutation(
        "the-log-of-a-task-shows-its-secrets",
        "mirrors/docker/swarm/manager.py",
        '        return redact_log("\\n".join(lines), read_service(service).variables.items())\n',
        '        return "\\n".join(lines)\n',
        (f"{PROVIDERS}::test_a_rollback_by_swarm_is_reported_and_not_taken_back",),
    ),
)
