"""The start of a program: what it refuses before it looks at a platform."""

import pytest

from mirrors.program.startup import SANDBOX_PASSPHRASE, find_published_passphrase

PUBLISHED = {"PULUMI_CONFIG_PASSPHRASE": SANDBOX_PASSPHRASE}


@pytest.mark.parametrize(
    "platform",
    ["http://127.0.0.1:8400", "https://api.localhost", "unix:///var/run/docker.sock", "npipe:////./pipe/docker_engine"],
)
def test_the_published_passphrase_is_for_platforms_of_this_machine(platform: str) -> None:
    assert find_published_passphrase(platform, PUBLISHED) == []


@pytest.mark.parametrize(
    "platform", ["https://api.divio.com", "ssh://deploy@docker.example.com", "tcp://10.0.0.5:2376"]
)
def test_a_platform_elsewhere_needs_a_passphrase_of_its_own(platform: str) -> None:
    [problem] = find_published_passphrase(platform, PUBLISHED)
    assert problem.code == "published-passphrase"
    assert find_published_passphrase(platform, {"PULUMI_CONFIG_PASSPHRASE": "own"}) == []
