"""Which refusal of a first write is about the platform, and which about one name or value."""

import pytest

from mirrors.divio.errors import RequestInfo, ValidationFailed
from mirrors.errors import MirrorsError
from mirrors.resources.write_gate import WriteGate


@pytest.mark.parametrize("key", ["detail", "non_field_errors", None])
def test_what_names_no_field_is_a_refusal_of_the_platform(key: str | None) -> None:
    refusal = ValidationFailed("no", RequestInfo("POST", "/", status=400), errors={key: ["no"]} if key else {})
    with pytest.raises(MirrorsError, match=r"\[writes-refused\]"), WriteGate().enter("acme-de", "set it"):
        raise refusal


def test_what_names_a_field_is_not() -> None:
    refusal = ValidationFailed("no", RequestInfo("POST", "/", status=400), errors={"value": ["too long"]})
    with pytest.raises(ValidationFailed), WriteGate().enter("acme-de", "set it"):
        raise refusal
