"""``mirrors deploy``, ``mirrors status``, targets, and the way out: destroy and back."""

import pytest

from tests.engine.fleet import MIRRORS, OURS, Fleet
from tests.engine.serving import found_at
from tests.sandboxes import delete_variable, get, set_variable

OF_ALL = "--target '**:Fleet::*' --target '**:SiteIds::*' --target '**:Original::*'"
KEYS = {
    *("application", "role", "siteId", "environment", "url", "release", "deployment", "deployedAt"),
    *("state", "details"),
}


@pytest.fixture
def drifted(fleet: Fleet) -> Fleet:
    """Return two mirrors that need a repair in Test."""
    for slug in ("acme-de", "acme-fr"):
        set_variable(fleet.sandbox, slug, "test", "MIRRORS_APPLICATION", "somebody")
    fleet.sandbox.clear_requests_log()
    return fleet


def test_one_mirror_is_converged_alone_by_mirrors_deploy_and_by_targets(drifted: Fleet) -> None:
    done = drifted.project.run("mirrors", "deploy", "acme-de", "--stack", "test", "--yes").succeeded()

    assert f"pulumi up --stack test {OF_ALL} --target '**::acme-de' --yes" in done.stderr
    assert drifted.written() == [("PATCH", "acme-de", "MIRRORS_APPLICATION")]
    drifted.test.up("--target", "**::acme", "--target", "**::acme-fr").succeeded()
    assert drifted.written()[1:] == [("PATCH", "acme-fr", "MIRRORS_APPLICATION")]


def test_status_shows_each_site_and_what_differs_in_its_exit_code(drifted: Fleet) -> None:
    code, rows = drifted.test.status()
    live_code, live = drifted.live.status()
    drifted.test.up().succeeded()
    code_after, after = drifted.test.status()

    assert (code, live_code, code_after) == (2, 0, 0)
    assert all(row.keys() >= KEYS for row in rows.values())
    assert {slug: row["state"] for slug, row in rows.items()} == {
        "acme": "converged",
        "acme-de": "variables differ",
        "acme-fr": "variables differ",
        "acme-ch": "converged",
    }
    assert rows["acme-de"]["details"] == ["not as declared: MIRRORS_APPLICATION"]
    assert {row["state"] for row in (*live.values(), *after.values())} == {"converged"}
    assert {slug: row["siteId"] for slug, row in live.items()} == {"acme": 1, "acme-de": 2, "acme-fr": 3, "acme-ch": 4}
    assert {slug: row["role"] for slug, row in live.items()} == {"acme": "original", **dict.fromkeys(MIRRORS, "mirror")}


def test_status_lists_foreign_variables_and_says_each_sites_address(fleet: Fleet) -> None:
    set_variable(fleet.sandbox, "acme-de", "test", "FOREIGN", "theirs")
    with found_at(fleet, "acme-de", "www.acme.example"):
        table = fleet.project.run("mirrors", "status", "--stack", "test").succeeded().stdout
    delete_variable(fleet.sandbox, "acme-de", "test", "FOREIGN")

    assert "acme-de: not managed by Mirrors, unchanged: FOREIGN" in table
    [line] = [line for line in table.splitlines() if line.split()[:1] == ["acme-de"]]
    assert "https://www.acme.example/" in line


def test_what_an_up_would_change_or_refuse_is_no_converged_fleet(fleet: Fleet) -> None:
    with fleet.with_mirrors({"application": "acme-de", "variables": {"GREETING": "hello"}}, "acme-fr", "acme-ch"):
        fleet.test.up().succeeded()
    declared_otherwise = ("acme-de", {"application": "acme-fr", "siteId": 33}, "acme-ch")
    with fleet.with_mirrors(*declared_otherwise):
        code, rows = fleet.test.status()
        ids = fleet.project.run("mirrors", "ids", "--stack", "test")
    fleet.test.up().succeeded()

    assert (code, ids.code) == (2, 2)
    told = {slug: (row["state"], row["details"], row["foreign"]) for slug, row in rows.items()}
    otherwise = "siteId 33 is declared, and the stack has 3: mirrors preview shows the change"
    assert told == {
        "acme": ("converged", [], []),
        "acme-de": ("variables differ", ["no longer declared, an up removes it: GREETING"], []),
        "acme-fr": ("variables differ", [otherwise], []),
        "acme-ch": ("converged", [], []),
    }
    assert f"Note: acme-fr: {otherwise}" in ids.stderr
    assert "GREETING" not in fleet.variables("acme-de", "test")
    assert fleet.test.status()[0] == fleet.project.run("mirrors", "ids", "--stack", "test").code == 0


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({"DIVIO_API_TOKEN": "wrong"}, "token-refused"),
        ({"DIVIO_API_URL": "http://127.0.0.1:1"}, "platform-unreachable"),
    ],
)
def test_status_ends_with_1_and_one_line_where_it_cannot_look(
    fleet: Fleet, environment: dict[str, str], code: str
) -> None:
    with fleet.project.with_environment(**environment):
        done = fleet.project.run("mirrors", "status", "--stack", "test", "--json").failed()

    assert (done.code, [problem["code"] for problem in done.json()["problems"]]) == (1, [code])
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("Error: ")


def test_destroy_leaves_what_others_own_and_the_next_up_gives_the_same_ids(fleet: Fleet) -> None:
    """Live would keep the variables of Mirrors, too, unless it is declared otherwise."""
    given = fleet.test.outputs()["siteIds"]
    applications = get(fleet.sandbox, "applications/")["results"]
    with fleet.project.configured(lambda config: config.update({"mirrors:onRemoval": "clean"}), "Pulumi.live.yaml"):
        fleet.live.up().succeeded()
        for stack in reversed(fleet.stacks):
            set_variable(fleet.sandbox, "acme-de", stack.name, "FOREIGN", "theirs")
            stack.destroy("--exclude-protected").succeeded()

    assert get(fleet.sandbox, "applications/")["results"] == applications
    for stack in fleet.stacks:
        left = {slug: set(fleet.variables(slug, stack.name)) for slug in MIRRORS}
        assert left == {"acme-de": {"FOREIGN"}, "acme-fr": set(), "acme-ch": set()}
    fleet.converge()
    for stack in fleet.stacks:
        assert stack.outputs()["siteIds"] == given
        assert set(fleet.variables("acme-de", stack.name)) == OURS | {"FOREIGN"}
        assert stack.has_no_changes()
        delete_variable(fleet.sandbox, "acme-de", stack.name, "FOREIGN")
