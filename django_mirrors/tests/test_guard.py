"""Decisions: the effects that break a site. No test here has a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timezone

import pytest

from django_mirrors.acknowledgements import Acknowledgement
from django_mirrors.declaration import Column, Constraint, SchemaDeclaration, Table
from django_mirrors.guard import Decision, SiteDeclaration, UnknownSite, decide, decide_stale_contenttypes
from django_mirrors.plan_analysis import ChangeKind, Effect, analyze_prune

NOW = datetime(2030, 1, 31, 23, 0, tzinfo=timezone.utc)
ID, TITLE, NOTE = (
    Column("id", "AutoField", identity=True, unique=True),
    Column("title", "CharField"),
    Column("note", "X"),
)


def code(*columns: Column, constraints: tuple[Constraint, ...] = ()) -> SchemaDeclaration:
    """Return the declaration of an image with one model."""
    return SchemaDeclaration(
        (Table("shop_thing", "shop.Thing", True, (ID, *columns), constraints),), ("shop.0001_initial",)
    )


def site(number: int, declaration: SchemaDeclaration, state: str = "running") -> SiteDeclaration:
    return SiteDeclaration(number, "the original" if number == 1 else f"acme-{number}", state, declaration)


def effect(kind: ChangeKind, column: Column | None = NOTE, **more: object) -> Effect:
    name = column.name if column else None
    found = Effect("shop.0002_next", "AlterField", kind, "shop_thing", name, "so it is", column)
    return replace(found, **more)  # type: ignore[arg-type]


def decided(
    what: Effect, *sites: SiteDeclaration, unknown: tuple[int, ...] = (), word: Acknowledgement | None = None
) -> Decision:
    """Return the decision for the original, site 1."""
    unknown_sites = [UnknownSite(number) for number in unknown]
    return decide([what], sites, unknown_sites, [word] if word else [], NOW, site_id=1)


def acknowledged(until: date) -> Acknowledgement:
    return Acknowledgement("shop.0002_next", "Read it.", until)


@pytest.mark.parametrize("kind", ChangeKind)
def test_with_no_other_site_everything_passes(kind: ChangeKind) -> None:
    assert decided(effect(kind), site(1, code(NOTE))) == Decision()


def test_a_column_is_taken_away_only_when_the_last_code_that_knows_it_is_gone() -> None:
    drop = effect(ChangeKind.REMOVED)

    assert decided(drop, site(1, code()), site(2, code(NOTE))).refusals
    assert not decided(drop, site(1, code()), site(2, code())).refusals


def test_the_deploying_sites_own_old_containers_count() -> None:
    found = decided(effect(ChangeKind.REMOVED), site(1, code(NOTE)), site(2, code()))
    assert "site 1 (the original, running)" in found.text
    assert "site 2" not in found.text


def test_an_image_that_has_not_started_counts_as_one_that_runs() -> None:
    found = decided(effect(ChangeKind.REMOVED), site(2, code()), site(2, code(NOTE), "pending"))
    assert "site 2 (acme-2, pending)" in found.text


def test_what_becomes_required_waits_for_code_that_does_not_know_it() -> None:
    required = effect(ChangeKind.REQUIRED)

    assert decided(required, site(2, code())).refusals
    assert not decided(required, site(2, code(NOTE))).refusals
    assert not decided(required, site(2, SchemaDeclaration(()))).refusals


def test_a_narrowed_column_is_judged_by_what_each_code_declares() -> None:
    tight = effect(ChangeKind.NARROWED, TITLE)

    assert decided(tight, site(2, code(replace(TITLE, null=True)))).refusals
    assert not decided(tight, site(2, code(TITLE))).refusals
    assert not decided(tight, site(2, code())).refusals


def test_a_column_that_comes_back_in_another_form_is_refused_to_code_that_knows_the_first() -> None:
    comes = effect(ChangeKind.EXPAND, replace(NOTE, generated="F(title)"))

    assert "narrows shop_thing.note" in decided(comes, site(2, code(NOTE))).text
    assert decided(comes, site(2, code())) == Decision()


def test_a_constraint_never_clears_by_itself() -> None:
    unique = Constraint("unique", "one_title", ("title",))
    new = effect(ChangeKind.CONSTRAINT, None, constraint=unique)

    assert decided(new, site(2, code(TITLE, constraints=(unique,)))).refusals
    assert not decided(new, site(2, SchemaDeclaration(()))).refusals


@pytest.mark.parametrize("kind", [ChangeKind.CONSTRAINT, ChangeKind.UNKNOWN])
def test_an_acknowledgement_holds_to_the_end_of_its_last_day(kind: ChangeKind) -> None:
    last, before = date(2030, 1, 31), date(2030, 1, 30)

    passes = decided(effect(kind), site(2, code(NOTE)), word=acknowledged(last))
    refused = decided(effect(kind), site(2, code(NOTE)), word=acknowledged(before))

    assert not passes.refusals
    assert "Acknowledged until 2030-01-31: Read it." in passes.text
    assert "The previous one was valid until 2030-01-30." in refused.text


@pytest.mark.parametrize("kind", [ChangeKind.REMOVED, ChangeKind.NARROWED, ChangeKind.REQUIRED])
def test_an_acknowledgement_does_not_lift_what_breaks_code_that_runs(kind: ChangeKind) -> None:
    needing = code() if kind is ChangeKind.REQUIRED else code(replace(NOTE, null=True))
    assert decided(effect(kind), site(2, needing), word=acknowledged(date(2031, 1, 1))).refusals


@pytest.mark.parametrize(
    "kind", [ChangeKind.REMOVED, ChangeKind.NARROWED, ChangeKind.REQUIRED, ChangeKind.CONSTRAINT, ChangeKind.UNKNOWN]
)
def test_unknown_code_is_taken_to_need_everything(kind: ChangeKind) -> None:
    assert decided(effect(kind), site(1, code()), unknown=(4,)).refusals


def test_unknown_code_does_not_mind_what_is_added_nor_what_happens_to_a_new_table() -> None:
    assert not decided(effect(ChangeKind.EXPAND), unknown=(4,)).refusals
    assert not decided(effect(ChangeKind.NARROWED, new=True), unknown=(4,)).refusals


def test_unknown_code_does_not_know_what_refers_to_its_rows_and_that_is_a_warning() -> None:
    found = decided(effect(ChangeKind.BLOCKS_DELETE, new=True), unknown=(4,))
    assert not found.refusals
    assert "Unknown code: site 4" in found.text
    assert "Missing" not in found.text


def test_a_site_that_was_removed_is_forgotten_and_the_text_says_how() -> None:
    drop, needing = effect(ChangeKind.REMOVED), code(NOTE)

    assert "If site 2 no longer runs: manage.py mirrors_forget 2." in decided(drop, site(2, needing)).text
    assert "If one of these sites no longer runs: manage.py mirrors_forget ID." in (
        decided(drop, site(2, needing), site(3, needing)).text
    )
    assert "mirrors_forget" not in decided(drop, site(1, needing), site(2, code())).text, "it is being deployed"


def test_what_the_deploying_site_itself_runs_is_registered_by_a_restart() -> None:
    own = UnknownSite(1, "acme.example", own=True)
    text = decide([effect(ChangeKind.REMOVED)], [site(2, code())], [own], [], NOW, site_id=1).text
    assert "Restart the site, or deploy the release that it runs now once more" in text
    assert "manage.py mirrors_forget 1." in text
    assert "mirrors_mark_external" not in text


def test_a_decision_that_is_not_enforced_names_the_reason() -> None:
    found = decided(effect(ChangeKind.REMOVED), site(2, code(NOTE)))
    assert found.text.startswith("Refused: these migrations would break")
    assert found.describe("STAGE is not set").startswith("Not refused, as STAGE is not set: these migrations")
    assert "Nothing was migrated" not in found.describe("STAGE is not set")


def test_unknown_code_is_named_with_the_commands_that_make_it_known() -> None:
    text = decided(effect(ChangeKind.REMOVED), unknown=(4,)).text
    assert "mirrors_mark_external 4" in text
    assert "mirrors_forget 4" in text


def test_the_text_tells_a_first_step_that_was_never_taken_from_one_that_is_not_everywhere() -> None:
    never = decided(effect(ChangeKind.REMOVED), site(1, code(NOTE)), site(2, code(NOTE))).text
    not_everywhere = decided(effect(ChangeKind.REMOVED), site(1, code()), site(2, code(NOTE))).text

    assert "Missing: step 1." in never
    assert "Missing: the rest of step 1." in not_everywhere


def test_a_dropped_unique_constraint_is_missed_by_code_that_declares_it_in_whatever_form() -> None:
    gone = effect(ChangeKind.REMOVED, None, constraint=Constraint("unique", "one_title", ("title",)))

    assert decided(gone, site(2, code(replace(TITLE, unique=True)))).refusals
    assert decided(gone, site(2, code(TITLE, constraints=(Constraint("unique", "", ("title",)),)))).refusals
    assert not decided(gone, site(2, code(TITLE))).refusals


def test_pruned_migrations_are_needed_by_code_that_has_their_files() -> None:
    (forgotten,) = analyze_prune(["shop.0001_initial"])

    assert decided(forgotten, site(2, code())).refusals
    assert decided(forgotten, site(2, SchemaDeclaration(()))).refusals, "an older companion did not say which it has"
    assert not decided(forgotten, site(2, SchemaDeclaration((), ("shop.0001_squashed",)))).refusals


def test_stale_content_types_are_removed_only_where_all_run_one_code() -> None:
    own = code(NOTE)

    assert decide_stale_contenttypes([site(1, own), site(2, own)], [], own) == Decision()
    assert "site 2" in decide_stale_contenttypes([site(1, own), site(2, code())], [], own).text
    unknown = decide_stale_contenttypes([site(1, own)], [UnknownSite(3)], own).text
    assert unknown.startswith("Refused: other code may know what this code calls stale. Nothing was removed.")
    assert "deploy site 3 with django_mirrors" in unknown
    assert decide_stale_contenttypes([site(1, code(TITLE)), site(2, code(TITLE))], [], own).refusals


def together(*effects: Effect, unknown: tuple[int, ...] = ()) -> Decision:
    sites = [site(1, code(TITLE, NOTE)), site(2, code(TITLE, NOTE))]
    return decide(effects, sites, [UnknownSite(number) for number in unknown], [], NOW, site_id=1)


def test_what_one_step_does_away_with_on_one_table_is_one_block() -> None:
    found = together(effect(ChangeKind.REMOVED), effect(ChangeKind.REMOVED, TITLE, migration="shop.0003_more"))
    assert len(found.refusals) == 1
    assert "shop.0002_next: AlterField removes shop_thing.note" in found.text
    assert "shop.0003_more: AlterField removes shop_thing.title" in found.text
    assert found.text.count("Still needed by") == 1
    assert "every site with a release whose code does not need shop_thing.note and shop_thing.title." in found.text


def test_effects_with_other_sites_or_other_steps_are_separate_refusals() -> None:
    sites = [site(1, code(TITLE)), site(2, code(TITLE, NOTE))]
    apart = [
        effect(ChangeKind.REMOVED),
        effect(ChangeKind.REMOVED, TITLE),
        effect(ChangeKind.REQUIRED, Column("more", "X")),
    ]
    assert len(decide(apart, sites, [], [], NOW, site_id=1).refusals) == 3
    other = replace(effect(ChangeKind.REMOVED), table="shop_other", column=None)
    assert len(together(effect(ChangeKind.REMOVED), other, unknown=(4,)).refusals) == 2


def test_constraints_that_go_are_named_by_their_columns() -> None:
    gone = [
        effect(ChangeKind.REMOVED, None, constraint=Constraint("unique", columns=columns))
        for columns in (("title",), ("note", "title"))
    ]
    sites = [site(2, code(TITLE, NOTE, constraints=tuple(item.constraint for item in gone if item.constraint)))]
    text = decide(gone, sites, [], [], NOW, site_id=1).text
    assert "does not need the constraints on shop_thing (title) and shop_thing (note, title)." in text


def test_what_lasts_a_moment_wants_an_acknowledgement() -> None:
    for kind in (ChangeKind.REMOVED, ChangeKind.REQUIRED):
        moment = effect(kind, until="shop.0003_back")
        sites = [site(2, code() if kind is ChangeKind.REQUIRED else code(NOTE))]
        refused = decide([moment], sites, [], [], NOW, site_id=1)
        assert "Only until shop.0003_back is applied" in refused.text
        assert '"shop.0002_next": {"reason": "…", "expires": "YYYY-MM-DD"}' in refused.text
        assert "step 1" not in refused.text
        passes = decide([moment], sites, [], [acknowledged(date(2030, 1, 31))], NOW, site_id=1)
        assert not passes.refusals
        assert "Acknowledged until 2030-01-31: Read it." in passes.text
        known = [site(2, code(NOTE) if kind is ChangeKind.REQUIRED else code())]
        assert decide([moment], known, [], [acknowledged(date(2030, 1, 31))], NOW, site_id=1) == Decision()


def test_what_one_acknowledgement_is_about_is_one_block() -> None:
    unknown = [replace(effect(ChangeKind.UNKNOWN, None), table=table) for table in ("shop_thing", "shop_other")]
    found = together(*unknown, effect(ChangeKind.CONSTRAINT, None))
    assert [len(refusal.effects) for refusal in found.refusals] == [2, 1]
    assert (
        len(together(effect(ChangeKind.UNKNOWN), effect(ChangeKind.UNKNOWN, migration="shop.0003_more")).refusals) == 2
    )


def test_one_entry_for_an_app_is_offered_where_several_migrations_want_one() -> None:
    unknown = [effect(ChangeKind.UNKNOWN, None, migration=f"shop.000{number}") for number in (2, 3)]
    assert '"shop.*": {"distribution"' in together(*unknown).text
    assert "shop.*" not in together(unknown[0], unknown[0]).text


def test_a_package_that_has_no_first_step_leads_to_the_page_about_such_upgrades() -> None:
    code_now = site(2, code(NOTE))
    for kind, leads in ((ChangeKind.REMOVED, True), (ChangeKind.UNKNOWN, False)):
        for packaged in ({"shop"}, {"auth"}):
            found = decide([effect(kind)], [code_now], [], [], NOW, site_id=1, packaged_apps=packaged)
            assert ("docs/how-to/migrations/third-party-apps.md" in found.text) is (leads and "shop" in packaged)
