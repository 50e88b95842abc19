"""Commands in containers: what they read is in no process's arguments."""

from collections.abc import Sequence

from docker.models.containers import Container

GIVEN = "MIRRORS_GIVEN"


def run_in(container: Container, command: Sequence[str], user: str, given: str) -> tuple[int, str]:
    """(exit code, what it printed). ``given`` is its standard input.

    It goes through a variable and the shell's own ``printf``: a stream into a container works otherwise on each kind of
    connection.
    """
    script = f'printf %s "${GIVEN}" | {{ unset {GIVEN}; exec "$@"; }}'
    done = container.exec_run(["sh", "-c", script, "sh", *command], user=user, environment={GIVEN: given})
    return int(done.exit_code or 0), b"".join(
        done.output if not isinstance(done.output, bytes) else [done.output]
    ).decode(errors="replace")
