"""The lines that an error gives people to paste."""

import shlex
import subprocess

from hypothesis import given
from hypothesis import strategies as st

from mirrors.problems.databases import confirm_command, shell_word
from tests.search import searching

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
AWKWARD = st.text("az'\"\\$`!(){}[]*?~#&;|<> \t\n=:/%-", min_size=1)


@given(TEXTS | AWKWARD, st.sampled_from(["", "test", "acme.live", "o'brien"]))
def test_a_pasted_confirmation_has_the_value_and_the_stack(value: str, stack: str) -> None:
    command = confirm_command(value, stack)
    assert command[0] == command[-1] == "'"
    named = ["-s", stack] if stack else []
    assert shlex.split(command[1:-1]) == ["pulumi", "config", "set", "mirrors:confirmDatabase", value, *named]


@searching(50)
@given(st.lists(AWKWARD, min_size=1, max_size=9))
def test_a_shell_reads_each_word_as_it_is_meant(words: list[str]) -> None:
    script = f"printf '%s\\0' {' '.join(map(shell_word, words))}"
    shown = subprocess.run(["sh", "-c", script], check=True, capture_output=True).stdout
    assert shown.decode().split("\0")[:-1] == words


@given(AWKWARD)
def test_no_exclamation_mark_is_where_a_shell_looks_for_an_earlier_command(value: str) -> None:
    assert "!" not in value or shell_word(value).startswith("'")


def test_a_word_that_a_shell_leaves_alone_has_no_quotes() -> None:
    assert shell_word("postgres://db.example.com:5432/acme") == "postgres://db.example.com:5432/acme"
    assert shell_word("postgres:///acme?service=prod") == '"postgres:///acme?service=prod"'
