"""The quick start, followed in its rehearsal: each command is run as it is written, and says what the page quotes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from mirrors_sandbox.control import Sandbox

from tests.engine.pages.page import Section, page
from tests.engine.pages.quickstart import MIRRORS, PASSPHRASE, SET_UPS, account, reader_in
from tests.engine.pages.reader import Reader
from tests.engine.project import Stack
from tests.engine.template import TEMPLATE
from tests.sandboxes import frozen_variables

PAGES = [page("tutorials/divio"), page("tutorials/divio-rollout")]
SECTIONS = [section for part in PAGES for section in part.sections]


@dataclass(frozen=True)
class Newcomer:
    reader: Reader
    sandbox: Sandbox


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    directory = tmp_path_factory.mktemp("quickstart")
    with reader_in(directory) as reader:
        yield Newcomer(reader, account(directory))


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_the_commands_of_a_section_do_and_say_what_it_tells(newcomer: Newcomer, section: Section) -> None:
    newcomer.reader.read(section)


def test_the_fleet_has_come_up_from_the_wheel_alone(newcomer: Newcomer) -> None:
    newcomer.reader.skip_after_a_failure()
    project = newcomer.reader.project
    where = project.run("python", "-c", "import mirrors; print(mirrors.__file__)").succeeded().stdout

    assert Path(where.strip()).is_relative_to(project.directory / ".venv")
    for name in ("test", "live"):
        outputs = Stack(project, name).outputs()
        assert outputs["siteIds"] == {"acme": 1, "acme-de": 2, "acme-fr": 3}
        assert {slug: frozen_variables(newcomer.sandbox, slug, name)["SITE_ID"] for slug in MIRRORS} == MIRRORS


def test_a_command_of_an_extra_that_is_not_installed_is_listed_and_says_how_to_get_it(newcomer: Newcomer) -> None:
    newcomer.reader.skip_after_a_failure()
    run = newcomer.reader.project.run
    listed = run("mirrors", "--help").succeeded().stdout
    install = 'pip install "pulumi-mirrors[sandbox]"'

    assert re.findall(r"^  (\w+) {2,}\S", listed, re.MULTILINE) == [
        *("adopt", "deploy", "doctor", "ids", "leave", "preview", "sandbox", "status"),
    ]
    assert f"Not installed: {install}" in listed
    for words in (("start", "--runner", "none"), ("--help",), ()):
        refused = run("mirrors", "sandbox", *words).failed()
        assert refused.code == 1
        assert refused.stderr.startswith(
            "Error: mirrors sandbox needs packages that are not installed (mirrors_sandbox, django, psutil,"
        )
        assert refused.stderr.endswith(f": {install}\n")


def test_what_the_repository_holds_names_no_folder_of_this_machine(newcomer: Newcomer) -> None:
    newcomer.reader.skip_after_a_failure()
    about = (newcomer.reader.project.directory / "Pulumi.yaml").read_text(encoding="utf-8")

    assert str(TEMPLATE) not in about
    assert "pulumi:template" not in about


def test_pulumi_finds_all_plugins_that_the_package_needs_without_a_download(newcomer: Newcomer) -> None:
    """It fails where it looks for a plugin of Mirrors: there is none anywhere."""
    newcomer.reader.skip_after_a_failure()

    newcomer.reader.project.run("pulumi", "plugin", "install").succeeded()


def test_neither_token_nor_passphrase_was_said_or_written_into_a_file_in_clear(newcomer: Newcomer) -> None:
    newcomer.reader.skip_after_a_failure()
    project = newcomer.reader.project
    written = "".join(path.read_text(encoding="utf-8") for path in project.directory.glob("Pulumi*.yaml"))

    assert "mirrors:apiToken" in written
    for secret in (newcomer.sandbox.token, PASSPHRASE):
        assert secret not in "".join(project.said) + written


def test_each_section_has_a_set_up_and_each_block_is_read() -> None:
    assert [section.title for section in SECTIONS] == list(SET_UPS)
    assert [part.unread for part in PAGES] == [0, 0]
