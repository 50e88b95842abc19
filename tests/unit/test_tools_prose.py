"""The linter of this project's English: which text it reads, which sentences it refuses, and its allowances."""

from pathlib import Path

import pytest

from tools.prose import __main__ as prose
from tools.prose.rules import RULES

LONG = "One two three four five six seven eight nine ten " * 2 + "eleven twelve thirteen fourteen fifteen."


def rules(tmp_path: Path, name: str, text: str) -> list[tuple[int, str]]:
    """Return the line and the rule of each hit in a file of this name and text."""
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return [(hit.line, hit.rule) for hit in prose.lint(file)]


def test_a_sentence_of_25_words_is_no_hit(tmp_path: Path) -> None:
    assert LONG.count(" ") == 24
    assert rules(tmp_path, "page.md", LONG) == []
    assert rules(tmp_path, "page.md", f"A short one. Word {LONG}") == [(1, "length")]


def test_code_spans_and_links_count_as_they_are_read(tmp_path: Path) -> None:
    text = LONG.replace("eleven", "`a b c d e. F g h`").replace("twelve", '[twelve](https://example.org/a_b.md "a b")')
    assert rules(tmp_path, "page.md", text) == []


def test_a_sentence_goes_on_in_the_next_line_and_ends_with_its_item(tmp_path: Path) -> None:
    assert rules(tmp_path, "page.md", f"# Title\n\nA\n{LONG}\n") == [(3, "length")]
    assert rules(tmp_path, "page.md", f"- A\n- {LONG}\n") == []
    assert rules(tmp_path, "page.md", f"- A\n  {LONG}\n") == [(1, "length")]


def test_code_blocks_are_not_read_and_rows_have_any_length(tmp_path: Path) -> None:
    assert rules(tmp_path, "page.md", f"```\nwe shall\n```\n\n| A {LONG} |\n|---|\n| nobody |\n") == [(7, "word")]


@pytest.mark.parametrize(
    "sentence",
    [
        "The site is told.",
        "We wait.",
        "It asks us.",
        "It is ours.",
        "It lasts for ever.",
        "Yes, or else no.",
        "A pipe, else none.",
    ],
)
def test_a_banned_word_is_found(tmp_path: Path, sentence: str) -> None:
    assert {rule for _, rule in rules(tmp_path, "page.md", sentence)} == {"word"}


@pytest.mark.parametrize("sentence", ["The US region.", "There is nothing else.", "A tour of hours.", "`we` is code."])
def test_a_word_that_only_looks_banned_is_not(tmp_path: Path, sentence: str) -> None:
    assert rules(tmp_path, "page.md", sentence) == []


def test_a_sentence_that_hides_its_actor_is_found(tmp_path: Path) -> None:
    assert rules(tmp_path, "page.md", "It is said that this works. The platform says so.") == [(1, "passive")]


def test_docstrings_begin_with_a_verb(tmp_path: Path) -> None:
    text = '"""A module."""\n\n\ndef f():\n    """Whether it is.\n\n    What follows may begin so.\n    """\n'
    assert rules(tmp_path, "code.py", text) == [(5, "docstring")]


def test_arguments_are_passages_of_their_own(tmp_path: Path) -> None:
    text = f'"""A.\n\nArgs:\n    one: a\n    two: {LONG.lower()}\n    three: word {LONG.lower()}\n"""\n'
    assert rules(tmp_path, "code.py", text) == [(6, "length")]


def test_comments_are_read_by_block_and_directives_are_not(tmp_path: Path) -> None:
    half, rest = LONG[:60], LONG[60:]
    text = f"# Word {half}\n# {rest}\na = 1  # nobody\nb = 2  # somebody\nc = 3  # noqa: we\n"
    assert rules(tmp_path, "code.py", text) == [(1, "length"), (3, "word"), (4, "word")]
    assert rules(tmp_path, "job.yml", "# nobody\nkey: value # we\n") == [(1, "word")]


def test_messages_count_where_the_rules_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'name = "site"\nText(f"{name}: nobody has it", "We wait.")\n'
    assert rules(tmp_path, "code.py", text) == []
    monkeypatch.setitem(RULES, "messages", [str(tmp_path)])
    assert rules(tmp_path, "code.py", text) == [(2, "word"), (2, "word")]


class TestAllowances:
    """A folder's number of hits is the allowed one, exactly; the numbers only go down."""

    @pytest.fixture(autouse=True)
    def project(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make a project with two hits in one folder."""
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs" / "page.md").write_text("We wait.\n\nNobody waits.\n", encoding="utf-8")
        monkeypatch.setattr(prose, "ROOT", tmp_path)
        monkeypatch.setattr(prose, "ALLOWED", tmp_path / "allowed.toml")
        monkeypatch.setitem(RULES, "paths", ["docs"])

    def allow(self, count: int) -> None:
        prose.ALLOWED.write_text(f'"docs" = {count}\n', encoding="utf-8")

    def test_the_exact_number_passes(self) -> None:
        self.allow(2)
        assert prose.main([]) == 0

    def test_more_hits_fail_and_are_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.allow(1)
        assert prose.main([]) == 1
        assert "docs/page.md:3: word: 'Nobody'" in capsys.readouterr().out

    def test_fewer_hits_fail_until_the_number_is_lowered(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.allow(3)
        assert prose.main([]) == 1
        assert "--lower" in capsys.readouterr().out
        assert prose.main(["--lower"]) == 0
        assert prose.main([]) == 0
        assert prose.ALLOWED.read_text(encoding="utf-8").endswith('"docs" = 2\n')

    def test_a_number_is_never_raised(self) -> None:
        self.allow(1)
        assert prose.main(["--lower"]) == 1
        assert prose.ALLOWED.read_text(encoding="utf-8") == '"docs" = 1\n'

    def test_a_path_that_is_named_has_no_allowance(self) -> None:
        self.allow(2)
        assert prose.main([str(prose.ROOT / "docs")]) == 1
