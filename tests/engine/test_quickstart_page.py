"""The quick start, followed in its rehearsal: each command is run as it is written, and says what the page quotes."""

import re
from pathlib import Path

from tests.engine.pages.quickstart import MIRRORS, PAGES, PASSPHRASE, SET_UPS, account, reader_in
from tests.engine.project import Project, Stack
from tests.engine.template import NAME, TEMPLATE, written
from tests.sandboxes import frozen_variables


def test_a_newcomer_has_a_fleet_from_the_template_and_the_wheel_alone(tmp_path: Path) -> None:
    with reader_in(tmp_path) as reader:
        for section in (section for page in PAGES for section in page.sections):
            reader.read(section, SET_UPS[section.title](reader.project, section))
            if section.title == "A repository of your own":
                everything_of_the_template_is_there_and_bears_the_users_name(reader.project)
        sandbox = account(tmp_path)
        for name in ("test", "live"):
            assert Stack(reader.project, name).outputs()["siteIds"] == {
                "acme": 1,
                **{k: int(v) for k, v in MIRRORS.items()},
            }
            assert {slug: frozen_variables(sandbox, slug, name)["SITE_ID"] for slug in MIRRORS} == MIRRORS
        nothing_is_missing(reader.project)
        no_secret_is_in_clear(reader.project, sandbox.token)


def everything_of_the_template_is_there_and_bears_the_users_name(project: Project) -> None:
    there = {path.relative_to(TEMPLATE) for path in TEMPLATE.rglob("*") if path.is_file()}
    texts = {path: (project.directory / path).read_text(encoding="utf-8") for path in there}

    about = written(project, "Pulumi.yaml")
    assert (about["name"], about["description"]) == (NAME, "Our shops")
    assert "template" not in about
    text = texts[Path("Pulumi.yaml")]
    assert f"        application: {NAME}\n" in text, "in quotes, the engine would add a space"
    assert [word for word in ("pulumi:tags", "pulumi:template", str(TEMPLATE)) if word in text] == [], "names a folder"
    assert [path for path, text in texts.items() if "${PROJECT}" in text] == []


def nothing_is_missing(project: Project) -> None:
    """The package is that of the wheel. A command of an extra that is not installed says how to get it.

    Pulumi finds all plugins: it would fail where it looked for one of Mirrors, since there is none anywhere.
    """
    where = project.run("python", "-c", "import mirrors; print(mirrors.__file__)").succeeded().stdout
    assert Path(where.strip()).is_relative_to(project.directory / ".venv")

    listed = project.run("mirrors", "--help").succeeded().stdout
    assert re.findall(r"^  (\w+) {2,}\S", listed, re.MULTILINE) == [
        *("adopt", "deploy", "doctor", "ids", "leave", "preview", "report", "sandbox", "status", "up"),
    ]
    install = 'pip install "pulumi-mirrors[sandbox]"'
    assert f"Not installed: {install}" in listed
    for words in (("start", "--runner", "none"), ("--help",), ()):
        refused = project.run("mirrors", "sandbox", *words).failed()
        assert refused.code == 1
        assert refused.stderr.startswith(
            "Error: mirrors sandbox needs packages that are not installed (mirrors_sandbox, django, psutil,"
        )
        assert refused.stderr.endswith(f": {install}\n")

    project.run("pulumi", "plugin", "install").succeeded()

    project.run("mirrors", "report", "--stack", "test", "--html", "fleet.html").succeeded()
    page = (project.directory / "fleet.html").read_text(encoding="utf-8")
    assert all(f'<th scope="row">{slug}</th>' in page for slug in MIRRORS)


def no_secret_is_in_clear(project: Project, token: str) -> None:
    """Neither what was said nor a file has the token or the passphrase."""
    files = "".join(path.read_text(encoding="utf-8") for path in project.directory.glob("Pulumi*.yaml"))
    assert "mirrors:apiToken" in files
    assert [secret for secret in (token, PASSPHRASE) if secret in "".join(project.said) + files] == []
