"""``make chaos`` with the real engine, one round of it: so that it still runs when its figures are wanted."""

from itertools import count
from pathlib import Path

import pytest

from tests.engine.chaos.__main__ import main
from tests.engine.chaos.plan import FIRST, planned

SEED = 1


def kills_the_engine(number: int) -> bool:
    """In a first ``up`` that is as small as any, so that no other one is needed before."""
    round_ = planned(SEED, number)
    small = round_.start == "first up" and len(round_.listed) == FIRST.start
    return small and round_.victim == "engine killed" and round_.instant.write > 0


def test_a_round_hits_what_it_must_and_the_page_repairs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    number = next(filter(kills_the_engine, count(1)))
    code = main(["--seed", str(SEED), "--round", str(number), "--jobs", "1", "--evidence", str(tmp_path / "evidence")])
    said = capfd.readouterr().out
    assert code == 0, said
    assert "1: engine killed 1" in said
    # A kill may also leave a state file whose end is missing: then the page has one step more.
    assert "up (1), cancel," in said or "up (1), file, cancel," in said
    assert "breaches of invariants 1 to 4  0 in" in said
    assert list(tmp_path.iterdir()) == []
