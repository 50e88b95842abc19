import sys
import traceback

import pytest

from mirrors.errors import MirrorsError
from mirrors.pulumi_internals import VISIBLE_FRAMES, limit_stack_traces


@pytest.fixture(autouse=True)
def no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that another test has configured in this process leaves one."""
    monkeypatch.delattr(sys, "tracebacklimit", raising=False)


def depth(more: int) -> int:
    return depth(more - 1) if more else len(traceback.extract_stack())


def test_only_the_innermost_frames_are_seen_meanwhile() -> None:
    with limit_stack_traces():
        assert depth(VISIBLE_FRAMES) == VISIBLE_FRAMES
    assert depth(VISIBLE_FRAMES) > VISIBLE_FRAMES


def test_after_an_error_tracebacks_are_whole_again() -> None:
    with pytest.raises(MirrorsError), limit_stack_traces():
        raise MirrorsError
    assert not hasattr(sys, "tracebacklimit")


def test_a_limit_of_the_user_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "tracebacklimit", 3, raising=False)
    with limit_stack_traces():
        pass
    assert sys.tracebacklimit == 3
