"""An account for commands that look at a platform."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mirrors_sandbox.control import Sandbox

from tests.sandboxes import frozen_variables, running_sandbox, set_variable

PASSWORD = "c4n4ry-password"


@contextmanager
def seeded_account(directory: Path) -> Iterator[Sandbox]:
    """Yield a sandbox with an original and a mirror, both deployed.

    The mirror has a plain, a sensitive and a foreign variable.
    """
    with running_sandbox(directory) as sandbox:
        sandbox.seed(mirrors=("acme-secret-de",), report=lambda _: None)
        for name, value, sensitive in (
            ("SITE_ID", "2", False),
            ("DATABASE_URL", frozen_variables(sandbox, "acme", "test")["DATABASE_URL"], True),
            ("CUSTOMER_GMBH_PASSWORD", PASSWORD, True),
            ("THEME", "a-plain-value", False),
        ):
            set_variable(sandbox, "acme-secret-de", "test", name, value, is_sensitive=sensitive)
        sandbox.deploy("acme-secret-de", "test", report=lambda _: None)
        yield sandbox
