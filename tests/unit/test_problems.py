"""A problem is data: its code is in the catalogue, and each code of the catalogue is used."""

import ast
import json
import re
from pathlib import Path

import pytest

from mirrors.errors import ConfigurationError, MirrorsError
from mirrors.problems import PROBLEM_AREAS, PROBLEM_CATALOGUE, PROBLEM_PAGES, Note, Problem, events, problem_reference
from mirrors.problems.events import (
    EVENTS_VARIABLE,
    UNREADABLE_EVENT,
    report_fleet,
    report_line,
    report_note,
    report_problem,
    report_rotation,
)
from mirrors.resources.failures import deployment_failed

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGE = Path(events.__file__).parents[1]
IDS_TAKEN = Problem("site-unhealthy", "it runs.", "Correct it", "de")


def codes_in(source: str) -> set[str]:
    """Return the texts that a module has in clear."""
    constants = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return {node.value for node in constants if isinstance(node.value, str)}


def test_each_code_of_the_catalogue_is_used_somewhere() -> None:
    catalogues = {PACKAGE / "problems" / f"{area}.py" for area in PROBLEM_AREAS}
    modules = [path for path in PACKAGE.rglob("*.py") if path not in catalogues]
    used = set().union(*(codes_in(path.read_text(encoding="utf-8")) for path in modules))

    assert PROBLEM_CATALOGUE.keys() - used == set()


def test_no_code_is_in_two_catalogues() -> None:
    assert sum(map(len, PROBLEM_AREAS.values())) == len(PROBLEM_CATALOGUE)
    assert all(list(meanings) == sorted(meanings) for meanings in PROBLEM_AREAS.values())


def test_codes_are_kebab_case_and_explained() -> None:
    for code, meaning in PROBLEM_CATALOGUE.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code), code
        assert (meaning.meaning[-1], meaning.remedy[-1]) == (".", "."), code


def test_a_code_that_is_in_no_catalogue_is_no_problem() -> None:
    with pytest.raises(ValueError, match="no problem has the code made-up"):
        Problem("made-up", "…")


@pytest.mark.parametrize("area", PROBLEM_AREAS)
def test_an_area_is_a_module_and_a_page_with_a_heading_for_each_code(area: str) -> None:
    page = CHECKOUT / PROBLEM_PAGES / f"{area}.md"

    assert (PACKAGE / "problems" / f"{area}.py").is_file()
    assert re.findall(r"^## (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE) == list(PROBLEM_AREAS[area])
    assert {problem_reference(code) for code in PROBLEM_AREAS[area]} == {
        f"{PROBLEM_PAGES}/{area}.md#{code}" for code in PROBLEM_AREAS[area]
    }


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (Problem("engine", "it failed"), "it failed [engine]"),
        (Problem("engine", "it failed", "do this"), "it failed; do this [engine]"),
        (Problem("engine", "it failed.", "Do this", "de"), "de: it failed. Do this [engine]"),
        (Problem("engine", "it failed", "", "de", "mirrors:fleet"), "mirrors:fleet: it failed [engine]"),
        (Problem("engine", "it failed", details="one\ntwo"), "it failed [engine]\none\ntwo"),
    ],
)
def test_a_line_has_the_place_the_message_the_remedy_and_the_code(problem: Problem, line: str) -> None:
    assert (problem.line, str(MirrorsError(problem))) == (line, line)


def test_an_error_has_its_problems_as_data() -> None:
    two = ConfigurationError(Problem("engine", "one"), Problem("engine", "two"))
    assert (len(two.problems), str(two)) == (2, "one [engine]\ntwo [engine]")

    [failed] = deployment_failed("de", "d-1", "boom").problems
    assert (failed.code, failed.site, failed.details) == ("deployment-failed", "de", "Its log ends:\nboom")


def test_what_is_reported_is_read_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "events"
    monkeypatch.setenv(EVENTS_VARIABLE, str(file))

    for _ in range(2):
        report_problem(IDS_TAKEN)
        report_note(Note("odd: é", "de"))
    report_line("wave 1")
    report_rotation()

    found = events.read_events(file)
    assert (found.problems, found.notes, found.rotates_credentials) == ((IDS_TAKEN,), (Note("odd: é", "de"),), True)
    assert found.shown_lines == {"wave 1", "de: odd: é", "de: it runs. Correct it [site-unhealthy]"}
    assert all(json.loads(line)["event"] for line in file.read_text().splitlines())


def test_fleets_in_arguments_are_reported_with_their_rotations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "events"
    monkeypatch.setenv(EVENTS_VARIABLE, str(file))
    report_fleet("acme", {"fleet": {}, "knownLater": []})
    report_rotation("beta")

    found = events.read_events(file)

    assert found.fleets == {"acme": {"fleet": {}, "knownLater": []}}
    assert (found.rotates_credentials, found.rotating_fleets) == (True, frozenset({"beta"}))


def test_what_cannot_be_read_is_a_problem_beside_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_text('{"event": "line", "text": "wave 1"}\n{"event": "problem", "code": "of-tomorrow"}\n{"event": "li')

    found = events.read_events(file)

    assert found.problems == (UNREADABLE_EVENT,)
    assert found.lines == {"wave 1"}


def test_without_a_file_for_it_nothing_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(EVENTS_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)

    report_note(Note("odd"))

    assert list(tmp_path.iterdir()) == []
