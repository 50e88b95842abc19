"""A fleet's preview as people and programs read it."""

import json
from dataclasses import replace
from itertools import product

from mirrors.cli.markdown import escape_markdown, format_code
from mirrors.cli.preview_markdown import MAX_COMMENT_LENGTH, render_markdown
from mirrors.cli.preview_report import preview_data, preview_text
from mirrors.planning.divio_words import DIVIO_WORDS
from mirrors.planning.reports.fleet_preview import ChangeCause, FleetPreview, SitePreview
from mirrors.planning.reports.pulumi_steps import VariableChange
from mirrors.planning.rollout.waves import RolloutPlan, Wave
from mirrors.problems import Problem

ONE = Problem("engine", "one")
TWO = Problem("site-unhealthy", "two", "again", "de")
RELEASE = (ChangeCause.RELEASE,)
CHANGES = (VariableChange("THEME", "added"), VariableChange("DATABASE_URL", "changed", secret=True, by_hand=True))
SLUGS = tuple(f"m{number:03}" for number in range(300))

SMALL = FleetPreview(
    "test",
    declared=4,
    sites=(
        SitePreview(
            "de",
            1,
            deploys=True,
            causes=(ChangeCause.RELEASE, ChangeCause.VARIABLES, ChangeCause.DRIFT),
            variables=CHANGES,
        ),
        SitePreview("fr", 2, deploys=False, causes=(ChangeCause.UNVERIFIED,)),
        SitePreview("it", 2, deploys=True, causes=(ChangeCause.FIRST,)),
    ),
    rollout=RolloutPlan((Wave(1, ("de",)), Wave(2, ("fr", "it"))), held=("ch",), paused=frozenset({"it"})),
    assigned_ids={"it": 5},
    retired_ids={4: "at"},
    removed_sites=("at",),
    removal_effect=DIVIO_WORDS.removed,
    changed_services={"DATABASE_URL": ("postgres://a/b", "postgres://a/c")},
    other_changes=("random:index:RandomId theirs: create",),
    changed_resources=9,
    notes=("a | b",),
)

TEXT = """\
Preview of test: 3 of 4 sites change, 2 to deploy, 1 off the list

wave 1
  1 site: deployed: new release; changed variables +THEME; drift ~DATABASE_URL (secret)
    de

wave 2
  1 site: asked for its health: not verified
    fr
  1 site: deployed: first deployment
    it

SITE_IDs given
  it: 5

SITE_IDs retired
  4: at

Off the list
  at: Mirrors removes the variables that it created

The original's shared values point elsewhere
  DATABASE_URL: postgres://a/b before, postgres://a/c now

Held, no release and no deployment
  ch

Paused (mirrors:rollout.pauseAfter)
  it

Other resources
  random:index:RandomId theirs: create

Notes
  a | b"""


def test_what_stays_though_it_is_declared_no_more_is_reported_as_that() -> None:
    site = SitePreview("de", 1, deploys=False, causes=(ChangeCause.KEPT,), variables=(VariableChange("THEME", "kept"),))
    found = FleetPreview(
        "test", declared=1, sites=(site,), rollout=RolloutPlan((Wave(1, ("de",)),)), changed_resources=1
    )
    assert "  1 site: recorded: declared no more, stays as it is =THEME" in preview_text(found).splitlines()
    assert preview_data(found)["sites"][0]["variables"] == [
        {"name": "THEME", "change": "kept", "secret": False, "byHand": False}
    ]


def large(causes: int = 1) -> FleetPreview:
    """300 sites that change, with so many different variables between them."""
    sites = tuple(
        SitePreview(
            slug,
            1,
            deploys=True,
            causes=(ChangeCause.VARIABLES,),
            variables=(VariableChange(f"V{place % causes}" * 9, "added"),),
        )
        for place, slug in enumerate(SLUGS)
    )
    return FleetPreview(
        "live", declared=300, sites=sites, rollout=RolloutPlan((Wave(1, SLUGS),)), changed_resources=300
    )


def test_text_has_a_paragraph_a_wave_and_one_for_everything_else() -> None:
    assert preview_text(SMALL) == TEXT


def test_no_changes_and_problems_are_reported_first() -> None:
    quiet = FleetPreview("test", declared=4)

    assert preview_text(quiet) == "Preview of test: no changes at 4 sites"
    answer = preview_text(replace(quiet, problems=(ONE, TWO))).splitlines()
    assert answer == [
        "Preview of test: 2 problems block the update",
        *("", "Problems", "  one [engine]", "  de: two; again [site-unhealthy]"),
    ]
    assert render_markdown(replace(quiet, problems=(ONE,))).splitlines()[-1] == r"- :x: one \[engine\]"
    assert preview_data(replace(quiet, problems=(TWO,)))["problems"] == [
        {
            "code": "site-unhealthy",
            "site": "de",
            "path": None,
            "message": "two",
            "remedy": "again",
            "details": "",
            "reference": "docs/reference/problems/platform.md#site-unhealthy",
        }
    ]


def test_what_is_removed_or_kept_of_a_mirror_off_the_list_is_reported() -> None:
    assert "at: its variables stay as they are on the platform" in preview_text(
        replace(SMALL, removal_effect=DIVIO_WORDS.kept)
    )


def test_markdown_is_one_table_of_groups_with_a_mark_to_find_it_by() -> None:
    lines = render_markdown(SMALL).splitlines()

    assert lines[0] == "<!-- mirrors preview test -->"
    assert lines[1] == "### Preview of test: 3 of 4 sites change, 2 to deploy, 1 off the list"
    assert lines[3:8] == [
        "| wave | sites | what | why |",
        "| --- | --- | --- | --- |",
        "| wave 1 | de | deployed | new release; changed variables `+THEME`; drift `~DATABASE_URL` (secret) |",
        "| wave 2 | fr | asked for its health | not verified |",
        "| wave 2 | it | deployed | first deployment |",
    ]
    assert r"- a \| b" in lines
    assert "**SITE_IDs given**" in lines


def test_what_others_wrote_is_no_markdown() -> None:
    assert (
        escape_markdown("a|b\n*c* <script> @team & `d`") == r"a\|b \*c\* &lt;script> @" + "\u200b" + r"team &amp; \`d\`"
    )
    assert format_code("A|B") == r"`A\|B`"
    assert format_code("A`B") == r"A\`B"


def test_the_many_sites_of_a_group_are_folded_in_markdown_and_counted_in_text() -> None:
    [row] = [line for line in render_markdown(large()).splitlines() if line.startswith("| wave 1")]

    assert row.startswith("| wave 1 | <details><summary>300 sites</summary>m000, m001, ")
    assert row.count("m") >= len(SLUGS)
    assert len(preview_text(large()).splitlines()) == 5
    assert "m007 and 292 more" in preview_text(large())


def test_a_long_list_outside_the_table_is_folded() -> None:
    given = dict(zip(SLUGS, range(2, 302), strict=True))

    lines = render_markdown(replace(SMALL, assigned_ids=given)).splitlines()

    start = lines.index("<details><summary><b>SITE_IDs given</b>: 300</summary>")
    assert lines[start + 302 : start + 304] == ["", "</details>"]


def test_a_comment_is_never_too_long_and_says_what_it_leaves_out() -> None:
    notes = tuple(f"{left} {'x' * 200} {right}" for left, right in product(range(20), repeat=2))

    text = render_markdown(replace(large(300), notes=notes))

    assert len(text) <= MAX_COMMENT_LENGTH
    assert "| wave 1 | 260 more | | |" in text
    assert "- and 360 more" in text
    cut = render_markdown(replace(large(300), problems=tuple(Problem("engine", note) for note in notes)))
    assert len(cut) <= MAX_COMMENT_LENGTH + 100
    assert cut.endswith("The rest is too long for a comment.\n")


def test_of_an_adoption_the_sites_that_stay_and_those_that_are_deployed_are_distinguished() -> None:
    stays = (SitePreview(slug, 1, deploys=False, causes=(ChangeCause.RUNS_AS_DECLARED,)) for slug in SLUGS[:29])
    one = SitePreview("m300", 1, deploys=True, causes=(ChangeCause.ADOPTED,), why="it runs without SITE_ID")
    found = FleetPreview("live", declared=31, sites=(*stays, one), changed_resources=91)
    lines = preview_text(found).splitlines()
    assert lines[0] == "Preview of live: 30 of 31 sites change, 1 to deploy, 29 taken over as they are"
    assert "  29 sites: taken over: runs as declared" in lines
    assert lines[-2:] == ["  1 site: deployed: adopted: it runs without SITE_ID", "    m300"]
    assert "| wave 1 | m300 | deployed | adopted: `it runs without SITE_ID` |" in render_markdown(found)
    assert (preview_data(found)["deployments"], preview_data(found)["takenOver"]) == (1, 29)


def test_data_has_every_site_and_no_value() -> None:
    data = json.loads(json.dumps(preview_data(SMALL)))

    assert data["sites"][0] == {
        "application": "de",
        "wave": 1,
        "deploys": True,
        "causes": ["new release", "changed variables", "drift"],
        "variables": [
            {"name": "THEME", "change": "added", "secret": False, "byHand": False},
            {"name": "DATABASE_URL", "change": "changed", "secret": True, "byHand": True},
        ],
        "why": "",
    }
    assert data["waves"][1] == {"number": 2, "sites": 2, "paused": True}
    assert (data["changes"], data["deployments"], data["given"], data["retired"]) == (True, 2, {"it": 5}, {"4": "at"})
    assert (data["held"], data["paused"], data["leaving"]) == (["ch"], ["it"], ["at"])
