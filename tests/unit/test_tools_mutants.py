"""The list of mutations fits today's code, and its runner tells a test that notices from one that does not."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tools.mutants.__main__ import CHECKOUT, Judges, chosen
from tools.mutants.mutation import Mutation, StaleError
from tools.mutants.mutations import MUTATIONS
from tools.mutants.run import Copy

TOY = Mutation("sums-are-wrong", "toy.py", "a + b", "a - b", ("test_toy.py::test_a_sum",))
FILES = {
    "toy.py": "def add(a: int, b: int) -> int:\n    return a + b\n",
    "test_toy.py": (
        "from toy import add\n\n"
        "def test_a_sum():\n    assert add(1, 2) == 3\n\n"
        "def test_nothing():\n    assert add(1, 0) == 1\n"
    ),
    "pyproject.toml": "",
}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda item: item.name)
def test_each_mutation_applies_once_to_todays_code_and_its_tests_exist(mutation: Mutation) -> None:
    compile(mutation.mutated(CHECKOUT), mutation.path, "exec")
    assert mutation.tests
    assert mutation.missing_tests(CHECKOUT) == []


def test_each_mutation_has_a_name_of_its_own() -> None:
    assert len({item.name for item in MUTATIONS}) == len(MUTATIONS)
    assert chosen([MUTATIONS[3].name]) == [MUTATIONS[3]]
    with pytest.raises(SystemExit, match=r"There is no mutation nonsense\. These are known:"):
        chosen(["nonsense"])


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    checkout, directory = tmp_path / "checkout", tmp_path / "copy"
    checkout.mkdir()
    for name, text in FILES.items():
        (checkout / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=checkout, check=True)
    subprocess.run(["git", "add", *FILES], cwd=checkout, check=True)
    (checkout / "untracked.py").touch()
    return Copy(checkout, directory)


def test_a_mutation_is_caught_survives_or_cannot_be_judged_and_leaves_no_trace(copy: Copy) -> None:
    assert copy.sound(TOY.tests).verdict == "sound"
    assert copy.judged(TOY).by == "by test_a_sum"
    assert copy.judged(replace(TOY, tests=("test_toy.py::test_nothing",))).verdict == "SURVIVED"
    assert copy.judged(replace(TOY, tests=("test_toy.py::test_gone",))).verdict == "broken"
    assert copy.judged(replace(TOY, old="def add", new="def sub")).verdict == "broken"
    for stale in (replace(TOY, old="a * b"), replace(TOY, old="a"), replace(TOY, path="gone.py")):
        with pytest.raises(StaleError):
            copy.judged(stale)
    assert {path.name: path.read_text() for path in copy.directory.iterdir() if path.is_file()} == FILES


def test_several_mutations_are_judged_at_once_in_the_order_of_the_list(copy: Copy, tmp_path: Path) -> None:
    judges = Judges([copy, Copy(tmp_path / "checkout", tmp_path / "another")])
    survivor = replace(TOY, tests=("test_toy.py::test_nothing",))
    assert judges.find_broken_tests([TOY, survivor]) == []
    assert [outcome.verdict for outcome, _ in judges.judge([TOY, survivor, replace(TOY, old="a * b"), TOY])] == [
        "caught",
        "SURVIVED",
        "does not apply",
        "caught",
    ]
    broken = replace(TOY, tests=("test_toy.py::test_gone",))
    assert [item.verdict for item in judges.find_broken_tests([broken])] == ["broken"]
