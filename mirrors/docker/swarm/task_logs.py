"""Read the lines of one task from the log of its service. Pure."""

TASK_DETAIL = "com.docker.swarm.task.id="


def select_task_lines(log: str, task: str) -> list[str]:
    r"""Return what one task printed.

    Args:
        log: The log with details: each line begins with ``name=value,name=value`` and a space.
        task: The id of the task.

    >>> select_task_lines("com.docker.swarm.service.id=s,com.docker.swarm.task.id=a it ends\n", "a")
    ['it ends']
    """
    lines = (line.partition(" ") for line in log.splitlines())
    return [said for details, _, said in lines if f"{TASK_DETAIL}{task}" in details.split(",")]
