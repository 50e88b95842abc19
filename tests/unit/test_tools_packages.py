"""The judging of ``python -m tools.packages``, its pairs and its page. ``tests/django`` runs a pair."""

from pathlib import Path
from typing import Any

import pytest
from django_mirrors.effects import ChangeKind
from packaging.version import Version

from tools.packages.__main__ import main
from tools.packages.course import Outcome
from tools.packages.environments import Environment, PackagesError
from tools.packages.judgement import Agreement, Failure, Objection, Truth, Verdict, agreement, compare
from tools.packages.pairs import PAIRS, read_pairs
from tools.packages.report import PAGE, page_pairs, render_page

KNOWN = read_pairs(PAIRS.read_text(encoding="utf-8"))
WORKS = Truth(3, [])


def objection(kind: ChangeKind = ChangeKind.REMOVED, **more: str) -> Objection:
    empty = dict.fromkeys(("column", "refers_to", "until", "detail"), "")
    given = {"migration": "shop.0002", "operation": "RemoveField", "table": "shop_item", **empty, **more}
    return Objection(kind=kind.value, **given)


def verdict(*objections: Objection, warnings: tuple[Objection, ...] = ()) -> Verdict:
    return Verdict(["shop.0002"], 1, objections, warnings)


def fails(part: str = "INSERT full, save()", table: str = "shop_item", error: str = "DataError: too long") -> Truth:
    return Truth(3, [Failure("shop.Item", part, (table,), error)])


UNKNOWN = objection(ChangeKind.UNKNOWN, table="")
WARNING = objection(ChangeKind.BLOCKS_DELETE, table="shop_order", refers_to="shop_item")
BLOCKED = 'violates foreign key constraint "item_id" on table "shop_order"'


@pytest.mark.parametrize(
    ("said", "truth", "expected"),
    [
        (verdict(), WORKS, Agreement.AGREES),
        (verdict(), fails(), Agreement.DANGEROUS),
        (verdict(objection()), fails(), Agreement.AGREES),
        (verdict(objection()), WORKS, Agreement.CAUTION),
        (verdict(objection(table="shop_other")), fails(), Agreement.DANGEROUS),
        (verdict(objection(table="shop_other")), fails(error='relation "shop_other" is gone'), Agreement.AGREES),
        (verdict(objection(table="shop")), fails(), Agreement.DANGEROUS),
        (verdict(UNKNOWN), fails(), Agreement.AGREES),
        (verdict(warnings=(WARNING,)), WORKS, Agreement.AGREES),
        (verdict(warnings=(WARNING,)), fails("DELETE 7"), Agreement.WARNED),
        (verdict(warnings=(WARNING,)), fails("DELETE 7", "auth_user", BLOCKED), Agreement.WARNED),
        (verdict(warnings=(WARNING,)), fails("INSERT full, save()"), Agreement.DANGEROUS),
    ],
)
def test_a_failure_that_was_not_named_is_dangerous(said: Verdict, truth: Truth, expected: Agreement) -> None:
    assert agreement(said, truth) is expected


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Verdict([], 0, [], []), "nothing pending"),
        (verdict(), "passes"),
        (verdict(warnings=(WARNING,)), "passes, warns"),
        (verdict(UNKNOWN), "acknowledge"),
        (verdict(objection(until="shop.0003")), "acknowledge"),
        (verdict(UNKNOWN, objection()), "waits"),
    ],
)
def test_the_verdict_has_the_words_of_the_table_of_operations(said: Verdict, words: str) -> None:
    assert said.words == words


def used(rows: int = 2, **parts: str) -> dict[str, Any]:
    return {"tables": ["shop_item"], "rows": rows, "parts": {name.replace("_", " "): parts[name] for name in parts}}


def test_only_what_worked_on_the_old_schema_counts() -> None:
    before = {"shop.Item": used(INSERT_full="", INSERT_sparse="KeyError: 1", DELETE_1=""), "shop.Log": used(rows=0)}
    after = {"shop.Item": used(INSERT_full="no", INSERT_sparse="no", DELETE_1="", DELETE_2="no"), "shop.Log": used()}

    truth = compare(before, after)

    assert [(failure.part, failure.step) for failure in truth.failures] == [("INSERT full", "INSERT")]
    assert (truth.models, truth.broken_models, truth.steps) == (1, 1, ["INSERT"])


def test_a_command_that_contradicts_its_decision_is_an_error() -> None:
    data = {"refused": True, "text": "Refused", "migrations": [], "operations": 0, "objections": [], "warnings": []}

    with pytest.raises(ValueError, match="otherwise than its decision"):
        Verdict.read(data)


@pytest.mark.parametrize("pair", KNOWN.values(), ids=lambda pair: pair.package)
def test_a_pair_goes_to_a_newer_release(pair: Any) -> None:
    assert Version(pair.old) < Version(pair.new)


def test_the_page_has_the_pairs_of_the_list_and_none_is_dangerous() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert page_pairs(page) == [(pair.package, f"{pair.old} → {pair.new}") for pair in KNOWN.values()]
    assert "| **dangerous** |" not in page


def test_a_page_shows_what_was_named_and_what_was_not() -> None:
    pair = next(iter(KNOWN.values()))
    said = verdict(objection(column="note"), objection(table="shop_tag"), UNKNOWN, warnings=(WARNING,))
    silent = fails(table="shop_cart", error="ProgrammingError: a | b")

    outcomes = [Outcome(pair, "5.2.1", said, WORKS), Outcome(pair, "5.2.1", verdict(), silent)]
    page = render_page(outcomes, "Run of today.")

    first, second = (line for line in page.splitlines() if "→" in line and "5.2.1" in line)
    assert first.endswith("| 1 (1) | **waits**: removed 2, unknown 1 | works, 3 models | caution |")
    assert second.endswith("| **passes** | fails at INSERT, 1 of 3 models | **dangerous** |")
    assert f"| {pair.package} | removed | `shop_item.note`, `shop_tag` |" in page
    assert f"| {pair.package} | unknown | RemoveField of `shop.0002` |" in page
    assert r"| INSERT | `shop.Item` | **silent** `ProgrammingError: a \| b` |" in page


def test_what_cannot_be_installed_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackagesError, match=r"uv pip install \./nowhere ended with \d"):
        Environment.create(tmp_path / "venv", ["./nowhere"])


@pytest.mark.parametrize("given", [["--only", "no-such-package"], ["--write", "--only", "django-axes"]])
def test_a_mistyped_command_is_refused(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(given)

    assert "--only" in capsys.readouterr().err


@pytest.mark.parametrize(("new_row", "failures"), [("", ["DELETE 2"]), ("ProtectedError: 1", [])])
def test_a_row_of_new_code_is_compared_with_one_that_old_code_makes(new_row: str, failures: list[str]) -> None:
    before, after = (
        used(DELETE_new=new_row, DELETE_1=""),
        used(DELETE_new="", DELETE_1="", DELETE_2="IntegrityError: 2"),
    )

    truth = compare({"shop.Item": before}, {"shop.Item": after})

    assert [failure.part for failure in truth.failures] == failures
