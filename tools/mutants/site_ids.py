"""Mutations of who gets which SITE_ID."""

from __future__ import annotations

from tools.mutants.mutation import Mutation

ALLOCATE = "mirrors/planning/site_ids/allocate.py"
CONFLICTS = "mirrors/planning/site_ids/conflicts.py"
REFUSALS = "mirrors/planning/site_ids/refusals.py"
RENAMES = "mirrors/planning/site_ids/renames.py"
BEGINNING = "mirrors/planning/site_ids/first_ledger.py"
STRANGERS = "mirrors/planning/site_ids/undeclared.py"
TESTS = ("tests/unit/test_planning_allocate.py", "tests/unit/test_planning_properties.py")
HISTORIES = ("tests/unit/test_planning_properties.py",)

SITE_IDS = (
    Mutation(
        "a-retired-id-is-given-where-it-is-declared",
        CONFLICTS,
        "if holder is not None and holder.application_id != site.application_id:",
        "if False:",
        TESTS,
    ),
    Mutation(
        "ids-retired-elsewhere-are-given-again",
        ALLOCATE,
        "request.declared_highest, *retired,",
        "request.declared_highest,",
        TESTS,
    ),
    Mutation(
        "a-retired-id-stays-retired-though-it-is-released",
        "mirrors/config/models/fleet.py",
        "frozenset(self.retired) - frozenset(self.release_site_ids)",
        "frozenset(self.retired)",
        ("tests/unit/test_config_problems.py",),
    ),
    Mutation("the-highest-id-is-not-remembered", ALLOCATE, "ORIGINAL_ID, ledger.highest,", "ORIGINAL_ID,", HISTORIES),
    Mutation(
        "an-id-that-is-left-is-not-retired",
        ALLOCATE,
        "            retired[site_id] = IdHolder(name, application)\n",
        "            pass\n",
        TESTS,
    ),
    Mutation(
        "ids-follow-the-order-of-the-list",
        ALLOCATE,
        '        ledger.assignments.get(site.application_id, ("", None))[1],\n        site.observed,\n',
        "        site.observed,\n",
        TESTS,
    ),
    Mutation(
        "a-reserved-id-is-never-given-up",
        REFUSALS,
        "stored in request.reserved_ids and not site.is_original",
        "False",
        TESTS,
    ),
    Mutation("a-mirror-that-returns-gets-another-id", ALLOCATE, "        max(own, default=None),\n", "", TESTS),
    Mutation(
        "a-mirror-that-returned-is-refused-its-own-id",
        ALLOCATE,
        "in request.retired - _find_ids_in_use(ledger, request)}",
        "in request.retired}",
        TESTS,
    ),
    Mutation(
        "a-follower-gets-the-advice-to-free-the-sites-own-id",
        CONFLICTS,
        "    if reference and site_id in reference.retired and holder.slug in (site.slug, site.formerly):\n",
        "    if False:\n",
        TESTS,
    ),
    Mutation(
        "a-running-site-is-numbered-anew",
        ALLOCATE,
        "        site.observed,\n        request.reference.site_id_of(site)",
        "        request.reference.site_id_of(site)",
        TESTS,
    ),
    Mutation(
        "drift-of-an-id-moves-the-next-number",
        ALLOCATE,
        "for site in request.sites if site.application_id not in ledger.assignments]",
        "for site in request.sites]",
        HISTORIES,
    ),
    Mutation(
        "a-neighbours-number-is-given",
        ALLOCATE,
        "*request.reusable_ids, *request.undeclared_ids)",
        "*request.reusable_ids)",
        TESTS,
    ),
    Mutation(
        "a-reserved-id-is-given", CONFLICTS, "    if site_id in request.reserved_ids:\n", "    if False:\n", TESTS
    ),
    Mutation(
        "a-stack-that-follows-allocates", ALLOCATE, "    if request.reference is None:\n", "    if True:\n", TESTS
    ),
    Mutation("two-sites-with-one-id-are-no-problem", CONFLICTS, "if len(sites) > 1:", "if len(sites) > 99:", TESTS),
    Mutation("differing-ids-are-no-problem", REFUSALS, "if len(set(ids.values())) > 1:", "if False:", TESTS),
    Mutation(
        "an-original-is-renumbered-unseen",
        REFUSALS,
        "site.observed if stored is None or site.is_original else None",
        "site.observed if stored is None else None",
        TESTS,
    ),
    Mutation(
        "an-original-without-an-id-counts-as-unknown",
        "mirrors/planning/site_ids/observed_facts.py",
        "own.sensitive else ORIGINAL_ID",
        "own.sensitive else None",
        ("tests/unit/test_planning_plan.py",),
    ),
    Mutation(
        "sites-that-run-with-one-id-are-converged",
        "mirrors/planning/reports/status.py",
        "yield mark_different(row, both) if duplicates and row in there else row",
        "yield row",
        ("tests/unit/test_planning_status.py",),
    ),
    Mutation(
        "a-site-of-another-fleet-is-taken-over",
        REFUSALS,
        "    yield from refuse_other_databases(before, request)\n",
        "",
        TESTS,
    ),
    Mutation(
        "a-confirmed-copy-is-numbered-anew",
        "mirrors/planning/site_ids/observed_facts.py",
        "return is_confirmed(settings, site.slug, DATABASE_URL, here.value)\n",
        "return False\n",
        ("tests/unit/test_planning_plan.py",),
    ),
    Mutation(
        "two-slugs-that-change-places-strip-both-mirrors",
        RENAMES,
        "        if before != site.slug and site.slug in had:\n",
        "        if False:\n",
        TESTS,
    ),
    Mutation(
        "an-update-of-a-mirror-without-an-id-goes-on",
        "mirrors/program/outputs.py",
        "    if not pulumi.runtime.is_dry_run():\n",
        "    if False:\n",
        ("tests/engine/test_site_ids.py::test_a_new_mirror_gets_the_next_id_in_test_first_and_takes_it_along",),
    ),
    Mutation(
        "a-rename-strips-the-running-mirror",
        RENAMES,
        "elif before not in (site.slug, site.formerly):",
        "if False:",
        TESTS,
    ),
    Mutation(
        "an-id-beside-another-database-counts",
        "mirrors/planning/site_ids/observed_facts.py",
        "if not beside_shared or (own is None and not deployed_ids):",
        "if own is None and not deployed_ids:",
        ("tests/unit/test_planning_plan.py",),
    ),
    Mutation(
        "the-ids-are-not-protected",
        "mirrors/resources/site_ids.py",
        "pulumi.ResourceOptions(protect=True)",
        "pulumi.ResourceOptions()",
        ("tests/unit/test_program_registrations.py::test_only_the_ids_are_protected",),
    ),
    Mutation(
        "a-ledger-begins-beside-mirrors-that-have-ids",
        BEGINNING,
        "    if request.declared_highest < known:\n",
        "    if False:\n",
        ("tests/unit/test_planning_beginning.py",),
    ),
    Mutation(
        "a-stale-highest-id-answers-for-what-was-given-since",
        BEGINNING,
        "    if request.declared_highest < known:\n",
        "    if not request.declared_highest:\n",
        ("tests/unit/test_planning_beginning.py",),
    ),
    Mutation(
        "a-ledger-has-the-originals-name",
        "mirrors/fleet.py",
        "SiteIds(name or RESOURCE_NAME,",
        "SiteIds(self.name,",
        ("tests/unit/test_program_registrations.py::test_only_the_ids_are_protected",),
    ),
    Mutation(
        "an-id-that-runs-and-is-set-no-more-is-free",
        "mirrors/planning/adoption/account_ids.py",
        "    return alike or bool(_find_owner(item)) or copied or elsewhere",
        "    return has_set_database(item)",
        ("tests/unit/test_planning_account.py",),
    ),
    Mutation(
        "an-id-that-is-hidden-belongs-to-no-site",
        STRANGERS,
        "if other.has_hidden_id and slug not in request.reserved_for:",
        "if False:",
        ("tests/unit/test_planning_strangers.py", *HISTORIES),
    ),
    Mutation(
        "any-reserved-id-answers-for-one-that-is-hidden",
        STRANGERS,
        "if other.has_hidden_id and slug not in request.reserved_for:",
        "if other.has_hidden_id and not request.reserved_ids:",
        ("tests/unit/test_planning_strangers.py",),
    ),
    Mutation(
        "two-projects-give-ids-for-one-original",
        STRANGERS,
        "if other.managed_as and slug not in known",
        "if False and slug not in known",
        ("tests/unit/test_planning_strangers.py",),
    ),
    Mutation(
        "a-newcomer-takes-over-from-a-renamed-mirror",
        RENAMES,
        "now is not None and name in newcomers:",
        "False:",
        ("tests/unit/test_planning_renames.py", *HISTORIES),
    ),
    Mutation(
        "a-running-site-is-renumbered-because-its-id-is-reserved",
        ALLOCATE,
        "idle = site.deployed_ids is not None and stored not in site.deployed_ids",
        "idle = True",
        ("tests/unit/test_planning_renames.py", *HISTORIES),
    ),
    Mutation(
        "an-id-with-a-blank-is-none",
        "mirrors/planning/variables/names.py",
        '        site_id = int(value or "")\n',
        '        site_id = int(value or "") if (value or "").isdigit() else 0\n',
        ("tests/unit/test_planning_names.py",),
    ),
)
