"""``pulumi new`` with our template: a fleet comes up in a repository that has the wheel and nothing of the checkout."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mirrors.sandbox.control import Sandbox
from tests.engine.fleet import MIRRORS, silently
from tests.engine.project import ROOT, Project, Stack
from tests.engine.template import NAME, TEMPLATE, build_wheel, declare, install, new_repository, written
from tests.sandboxes import frozen_variables, running_sandbox

PIPELINES = ROOT / "examples" / "pipelines"


@dataclass(frozen=True)
class Shop:
    project: Project
    sandbox: Sandbox


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    directory = tmp_path_factory.mktemp("template")
    with running_sandbox(directory) as sandbox:
        sandbox.seed(report=silently)
        project = new_repository(directory, sandbox)
        install(project, build_wheel(directory / "wheel"))
        yield Shop(project, sandbox)


def test_everything_of_the_template_is_there_and_bears_the_users_name(shop: Shop) -> None:
    there = {path.relative_to(TEMPLATE).as_posix() for path in TEMPLATE.rglob("*") if path.is_file()}
    made = {path for path in there if (shop.project.directory / path).is_file()}

    assert there == made
    about = written(shop.project, "Pulumi.yaml")
    assert (about["name"], about["description"]) == (NAME, "The shops")
    assert "template" not in about
    assert not [path for path in made if "${PROJECT}" in (shop.project.directory / path).read_text(encoding="utf-8")]


def test_the_fleet_comes_up_from_the_wheel_alone(shop: Shop) -> None:
    where = shop.project.run("python", "-c", "import mirrors; print(mirrors.__file__)").succeeded().stdout
    assert Path(where.strip()).is_relative_to(shop.project.directory / ".venv")
    declare(shop.project)
    for name in ("test", "live"):
        stack = Stack(shop.project, name)
        shop.project.run("pulumi", "stack", "init", name).succeeded()
        stack.up().succeeded()

        assert stack.outputs()["siteIds"] == {"acme": 1, "acme-de": 2, "acme-fr": 3, "acme-ch": 4}
        assert [frozen_variables(shop.sandbox, slug, name)["SITE_ID"] for slug in MIRRORS] == ["2", "3", "4"]
        code, rows = stack.status()
        assert (code, {row["state"] for row in rows.values()}) == (0, {"converged"})


def test_the_examples_of_pipelines_are_the_templates() -> None:
    """Links, so that neither can be changed without the other."""
    linked = {path.name: path.resolve() for path in PIPELINES.iterdir() if path.is_symlink()}

    assert linked == {
        "github": TEMPLATE / ".github",
        "gitlab-ci.yml": TEMPLATE / ".gitlab-ci.yml",
        "ci": TEMPLATE / "ci",
    }
