"""Problems of the platform and of one site's deployment."""

from collections.abc import Mapping

from mirrors.problems.codes import ProblemMeaning

_RUN_AGAIN = "Run the command again. Nothing is lost."

PLATFORM_PROBLEMS: Mapping[str, ProblemMeaning] = {
    "connection-invalid": ProblemMeaning(
        "The platform's address or the token is missing or not valid.",
        "Correct mirrors:apiUrl and mirrors:apiToken, or DIVIO_API_URL and DIVIO_API_TOKEN.",
    ),
    "deployed-with-other-variables": ProblemMeaning(
        "A deployment succeeded, and its instances run with other values than the declared ones.",
        "Find who else writes variables of this site, then run the command again.",
    ),
    "deployment-failed": ProblemMeaning(
        "The platform says that a deployment did not succeed. The site runs what it ran before.",
        "Correct the cause that the log shows, then run the command again.",
    ),
    "deployment-unended": ProblemMeaning(
        "A deployment did not end within mirrors:rollout.timeout. It may still succeed.",
        "Run the command again: it waits for that deployment. Raise mirrors:rollout.timeout where it is too short.",
    ),
    "held-site-needs-deployment": ProblemMeaning(
        "The site is held, and its declared configuration needs a deployment, which takes the newest image.",
        "Set hold: false, or hold: variablesMayDeploy, for this site.",
    ),
    "mirror-has-another-database": ProblemMeaning(
        "A mirror that is new to this stack has a DATABASE_URL that does not point at the original's database.",
        "Take the mirror off the list, or confirm with mirrors:confirmDatabase that it gives that database up.",
    ),
    "newer-release": ProblemMeaning(
        "The original got another release while the rollout ran. No site was deployed with an untested release.",
        "Run the command again: the first wave gets the new release first.",
    ),
    "not-on-platform": ProblemMeaning(
        "The platform does not have the requested object, or hides it from this token.",
        "Check whether someone deleted it, and which rights the token's account has.",
    ),
    "other-deployments-running": ProblemMeaning(
        "Other deployments of the site kept running, so Mirrors could not start its own.",
        "See in the Control Panel who starts them, then run the command again.",
    ),
    "paused-site-needs-deployment": ProblemMeaning(
        "The site is in a wave after mirrors:rollout.pauseAfter, and its changes need a deployment before that wave.",
        "Raise mirrors:rollout.pauseAfter when the rollout may reach the site.",
    ),
    "permission-denied": ProblemMeaning(
        "The token's account lacks the right to do this.",
        "Give the account the right to read and write the environments of this application.",
    ),
    "platform-answer-broken": ProblemMeaning("The platform's answer ended before it was complete.", _RUN_AGAIN),
    "platform-answer-unexpected": ProblemMeaning(
        "The platform's answer has a form that Mirrors does not know.",
        "Check mirrors:apiUrl. If it is right, the platform's API has changed: report it.",
    ),
    "platform-failed": ProblemMeaning("The platform answered with an error of its own.", _RUN_AGAIN),
    "platform-throttled": ProblemMeaning(
        "The platform refused requests because there were too many.",
        "Lower mirrors:maxConcurrentRequests, then run the command again.",
    ),
    "platform-unreachable": ProblemMeaning(
        "The platform's address does not answer.",
        "Check mirrors:apiUrl, or DIVIO_API_URL, and the network. On a sandbox: mirrors sandbox start.",
    ),
    "refused-by-platform": ProblemMeaning(
        "The platform refused a value.", "Correct the value that its message names, then run the command again."
    ),
    "repair-incomplete": ProblemMeaning(
        "All mirrors were one wave, because their shared credentials had changed, and some of them failed.",
        "Correct what the other problems say, then run the command again.",
    ),
    "shared-values-changed": ProblemMeaning(
        "The original's deployment runs with other shared values than when the command looked.", _RUN_AGAIN
    ),
    "site-not-checked": ProblemMeaning(
        "A provider process should deploy a site that it did not check before.", _RUN_AGAIN
    ),
    "site-unhealthy": ProblemMeaning(
        "A deployed site does not answer as mirrors:rollout.health asks.",
        "Correct the site and run the command again, or change mirrors:rollout.health.",
    ),
    "token-refused": ProblemMeaning(
        "The platform does not accept the token.",
        "Set DIVIO_API_TOKEN, or mirrors:apiToken as a secret, to a valid token.",
    ),
    "variables-not-as-written": ProblemMeaning(
        "The platform shows another value than Mirrors wrote. Nothing was deployed.",
        "Find who else writes variables of this site, then run the command again.",
    ),
    "wave-not-begun": ProblemMeaning(
        "A site of an earlier wave failed, so Mirrors left the sites of the next wave as they are.",
        "Correct that site, then run the command again.",
    ),
    "write-not-tried": ProblemMeaning(
        "The platform refused the first write of this run for another site, so Mirrors did not try this one.",
        "See the problem of the site that the message names.",
    ),
    "writes-refused": ProblemMeaning(
        "The platform refused the first write of this run, so Mirrors tried no other one.",
        "Give the token's account the right to write, or set the variables by hand in the order of the message.",
    ),
}
