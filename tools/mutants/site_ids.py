"""Mutations of who gets which SITE_ID."""

from __future__ import annotations

from tools.mutants.mutation import Mutation

ALLOCATE = "mirrors/planning/allocate.py"
TESTS = ("tests/unit/test_planning_allocate.py", "tests/unit/test_planning_properties.py")
HISTORIES = ("tests/unit/test_planning_properties.py",)

SITE_IDS = (
    Mutation(
        "a-retired-id-is-given-where-it-is-declared",
        ALLOCATE,
        "if who is not None and who.application != site.application:",
        "if False:",
        TESTS,
    ),
    Mutation("ids-retired-elsewhere-are-given-again", ALLOCATE, "ledger.highest, *retired,", "ledger.highest,", TESTS),
    Mutation("the-highest-id-is-not-remembered", ALLOCATE, "ledger.highest, *retired,", "*retired,", HISTORIES),
    Mutation(
        "an-id-that-is-left-is-not-retired",
        ALLOCATE,
        "            retired[site_id] = Assigned(name, application)\n",
        "            pass\n",
        TESTS,
    ),
    Mutation(
        "ids-follow-the-order-of-the-list",
        ALLOCATE,
        '        ledger.assignments.get(site.application, ("", None))[1],\n        site.observed,\n',
        "        site.observed,\n",
        TESTS,
    ),
    Mutation("a-mirror-that-returns-gets-another-id", ALLOCATE, "        max(own, default=None),\n", "", TESTS),
    Mutation(
        "a-mirror-that-returned-is-refused-its-own-id",
        ALLOCATE,
        "in hints.retired - _returned(ledger, hints)}",
        "in hints.retired}",
        TESTS,
    ),
    Mutation(
        "whoever-follows-is-told-to-free-the-sites-own-id",
        ALLOCATE,
        "    if reference and site_id in reference.retired and who.name in (site.name, site.formerly):\n",
        "    if False:\n",
        TESTS,
    ),
    Mutation(
        "a-running-site-is-numbered-anew",
        ALLOCATE,
        "        site.observed,\n        hints.reference.site_id_of(site)",
        "        hints.reference.site_id_of(site)",
        TESTS,
    ),
    Mutation(
        "drift-of-an-id-moves-the-next-number",
        ALLOCATE,
        "if site.observed and site.application not in ledger.assignments]",
        "if site.observed]",
        HISTORIES,
    ),
    Mutation(
        "a-neighbours-number-is-given",
        ALLOCATE,
        "*hints.release, *observed, *others]",
        "*hints.release, *observed]",
        TESTS,
    ),
    Mutation("a-reserved-id-is-given", ALLOCATE, "    if site_id in hints.reserved:\n", "    if False:\n", TESTS),
    Mutation("a-stack-that-follows-allocates", ALLOCATE, "    if hints.reference is None:\n", "    if True:\n", TESTS),
    Mutation("two-sites-with-one-id-are-no-problem", ALLOCATE, "if len(sites) > 1:", "if len(sites) > 99:", TESTS),
    Mutation("differing-ids-are-no-problem", ALLOCATE, "if len(set(said.values())) > 1:", "if False:", TESTS),
    Mutation(
        "an-original-is-renumbered-unseen",
        ALLOCATE,
        "site.observed if stored is None or site.original else None",
        "site.observed if stored is None else None",
        TESTS,
    ),
    Mutation(
        "an-original-without-an-id-counts-as-unknown",
        "mirrors/planning/plan.py",
        "own.sensitive else ORIGINAL_ID",
        "own.sensitive else None",
        ("tests/unit/test_planning_plan.py",),
    ),
    Mutation(
        "sites-that-run-with-one-id-are-converged",
        "mirrors/planning/status.py",
        "yield _differing(row, both) if twins and row in there else row",
        "yield row",
        ("tests/unit/test_planning_status.py",),
    ),
    Mutation(
        "a-site-of-another-fleet-is-taken-over",
        ALLOCATE,
        "        *_with_another_database(ledger, hints),\n",
        "",
        TESTS,
    ),
    Mutation(
        "a-confirmed-copy-is-numbered-anew",
        "mirrors/planning/plan.py",
        "return identity == identity_of(shared) or identity in confirmed_identities(settings)",
        "return identity == identity_of(shared)",
        ("tests/unit/test_planning_plan.py",),
    ),
    Mutation(
        "two-slugs-that-change-places-strip-both-mirrors",
        ALLOCATE,
        "        if before != site.name and site.name in had:\n",
        "        if False:\n",
        TESTS,
    ),
    Mutation(
        "an-update-of-a-mirror-without-an-id-goes-on",
        "mirrors/given_ids.py",
        "    if not pulumi.runtime.is_dry_run():\n",
        "    if False:\n",
        ("tests/engine/test_site_ids.py::test_a_new_mirror_alone_among_the_targets_is_told_what_gives_it_its_id",),
    ),
    Mutation(
        "a-rename-strips-the-running-mirror",
        ALLOCATE,
        "elif before not in (site.name, site.formerly):",
        "if False:",
        TESTS,
    ),
    Mutation(
        "an-id-beside-another-database-counts",
        "mirrors/planning/plan.py",
        "    if own is None or not _has_shared_database(settings, original, site):\n",
        "    if own is None:\n",
        ("tests/unit/test_planning_plan.py",),
    ),
    Mutation(
        "the-ids-are-not-protected",
        "mirrors/resources/site_ids.py",
        "pulumi.ResourceOptions(protect=True)",
        "pulumi.ResourceOptions()",
        ("tests/unit/test_program_registrations.py::test_only_the_ids_are_protected",),
    ),
)
