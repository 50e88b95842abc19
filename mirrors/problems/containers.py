"""Problems of a fleet in containers."""

from collections.abc import Mapping

from mirrors.problems.codes import ProblemMeaning

CONTAINER_PROBLEMS: Mapping[str, ProblemMeaning] = {
    "container-ended": ProblemMeaning(
        "A site's container ended instead of serving. Mirrors began no later wave.",
        "Correct the cause that the log shows, then run the command again.",
    ),
    "container-missing": ProblemMeaning("Someone removed a container that Mirrors needs.", "Run the command again."),
    "container-unhealthy": ProblemMeaning(
        "A site's container was not healthy in time. Mirrors began no later wave.",
        "Correct the cause that the log shows, then run the command again.",
    ),
    "docker-host-refused": ProblemMeaning(
        "The Docker host refused a request of Mirrors.", "Correct what the host's message names."
    ),
    "docker-host-unreachable": ProblemMeaning(
        "The Docker host does not answer.",
        "Check that it runs and that this user may use it. Set mirrors:docker.host, or DOCKER_HOST.",
    ),
    "held-site-password-changes": ProblemMeaning(
        "The database's password changes, and a held site's container would keep the old one.",
        "Set hold to false for this site, or keep mirrors:docker.database.passwordVersion.",
    ),
    "port-too-high": ProblemMeaning(
        "mirrors:docker.publish.base plus the SITE_ID is above 65535, the highest port.",
        "Lower mirrors:docker.publish.base.",
    ),
    "release-command-failed": ProblemMeaning(
        "The release command ended with an error. The sites run what they ran before.",
        "Correct the cause that the log shows, then run the command again.",
    ),
    "release-command-unended": ProblemMeaning(
        "The release command did not end in time, and still runs.",
        "Run the command again: it waits for that run. Raise mirrors:docker.commandTimeout where it is too short.",
    ),
    "role-password-refused": ProblemMeaning(
        "PostgreSQL did not give the sites' role its password.",
        "Check mirrors:docker.database.superuser. It must be the superuser of the database in the volume.",
    ),
    "service-differs": ProblemMeaning(
        "A site's service runs something else than what is declared. Mirrors began no later wave.",
        "Run the command again: it repairs the service.",
    ),
    "service-missing": ProblemMeaning(
        "Someone removed a service while Mirrors waited for it.", "Run the command again."
    ),
    "service-not-ready": ProblemMeaning(
        "A site's tasks were not ready in time. Mirrors took the update back and began no later wave.",
        "Correct the cause that the message shows, or raise mirrors:docker.startTimeout. Then run the command again.",
    ),
    "service-paused": ProblemMeaning(
        "Swarm has stopped the update of a site's service, and former and new tasks may run beside each other.",
        "Correct the cause that the message shows, then run the command again.",
    ),
    "service-rolled-back": ProblemMeaning(
        "Swarm took the update of a site's service back. Mirrors began no later wave.",
        "Correct the cause that the log shows, then run the command again.",
    ),
    "service-task-ended": ProblemMeaning(
        "A task of a site's service ended instead of serving. Mirrors took the update back and began no later wave.",
        "Correct the cause that the log shows, then run the command again.",
    ),
    "service-task-pending": ProblemMeaning(
        "Swarm has no node for a task of a site. Mirrors took the update back and began no later wave.",
        "Label a node, add one, or change mirrors:docker.swarm.constraints or mirrors:docker.resources.",
    ),
    "site-of-another-fleet": ProblemMeaning(
        "A declared site runs on this host as part of another fleet, with that fleet's database.",
        "Declare the original's earlier name as formerly, or take the site off the other fleet's list.",
    ),
    "ssh-missing": ProblemMeaning(
        "Mirrors reaches this Docker host with the command ssh, and no ssh is on the PATH.",
        "Install ssh, or set mirrors:docker.host to another address.",
    ),
}
