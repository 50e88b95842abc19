"""One action on the sandbox's objects, in a process of its own: Django serves one sandbox in each process.

``python -m mirrors_sandbox.tasks NAME`` reads the action's arguments as JSON from standard input, where no process
list shows them. It writes lines for the user. It ends with code 1 and one line on standard error if it fails.
"""

import json
import sys

from mirrors_sandbox.server import set_up_django
from mirrors_sandbox.state import SandboxError, StateDirectory

__all__ = ["main"]


def main() -> None:
    """Run the action that the command line names.

    Raises:
        SystemExit: with the one line that says why it failed.
    """
    state = StateDirectory.at()
    try:
        set_up_django(state, state.known_settings())
        # Now: models can be imported only once Django is set up.
        from mirrors_sandbox.actions import ACTIONS

        ACTIONS[sys.argv[1]](**json.load(sys.stdin))
    except SandboxError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
