"""Run commands in containers. Their input appears in the arguments of no process."""

from collections.abc import Sequence

from docker.models.containers import Container

INPUT_VARIABLE = "MIRRORS_GIVEN"


def run_in_container(container: Container, command: Sequence[str], user: str, given: str) -> tuple[int, str]:
    """Run a command in a container.

    The input goes through a variable and the shell's own ``printf``: a stream into a container works differently on
    each kind of connection.

    Args:
        given: The command's standard input.

    Returns:
        The exit code, and what the command printed.
    """
    script = f'printf %s "${INPUT_VARIABLE}" | {{ unset {INPUT_VARIABLE}; exec "$@"; }}'
    done = container.exec_run(["sh", "-c", script, "sh", *command], user=user, environment={INPUT_VARIABLE: given})
    return int(done.exit_code or 0), b"".join(
        done.output if not isinstance(done.output, bytes) else [done.output]
    ).decode(errors="replace")
