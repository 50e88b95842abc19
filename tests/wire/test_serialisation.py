"""How providers are named in state. A change here is a change of every state that there is."""

import subprocess
import sys

import pytest

from mirrors.resources.original import OriginalProvider
from mirrors.resources.provider import Provider
from mirrors.resources.site import SiteProvider
from mirrors.resources.site_ids import SiteIdsProvider
from tests.wire.conftest import Drive
from tests.wire.provider import decoded

# A pickle of protocol 4: the class by module and name, made without arguments and without state.
PINNED = {
    SiteIdsProvider: "gASVNQAAAAAAAACMGm1pcnJvcnMucmVzb3VyY2VzLnNpdGVfaWRzlIwPU2l0ZUlkc1Byb3ZpZGVylJOUKYGULg==",
    OriginalProvider: "gASVNgAAAAAAAACMGm1pcnJvcnMucmVzb3VyY2VzLm9yaWdpbmFslIwQT3JpZ2luYWxQcm92aWRlcpSTlCmBlC4=",
    SiteProvider: "gASVLgAAAAAAAACMFm1pcnJvcnMucmVzb3VyY2VzLnNpdGWUjAxTaXRlUHJvdmlkZXKUk5QpgZQu",
}
MANY = """
from pulumi.dynamic.dynamic import serialize_provider
from mirrors.resources.site import SiteProvider
print(len({serialize_provider(SiteProvider()) for _ in range(2000)}))
"""


@pytest.mark.parametrize("provider", PINNED, ids=lambda item: item.__name__)
def test_a_provider_is_stored_as_the_name_of_its_class(offline: Drive, provider: type[Provider]) -> None:
    serialised = offline(provider()).serialised
    assert serialised == PINNED[provider], decoded(serialised)
    assert len(serialised) < 200


def test_two_thousand_serialisations_work_and_are_all_alike() -> None:
    # In a process of its own: Pulumi's SDK leaves a mark on pickle at each call.
    ran = subprocess.run([sys.executable, "-W", "error", "-c", MANY], check=False, capture_output=True, text=True)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("1\n", "", 0)
