"""Problems of ``SITE_ID``, of the fleet's plan and of adoption."""

from collections.abc import Mapping

from mirrors.problems.codes import ProblemMeaning

SITE_ID_PROBLEMS: Mapping[str, ProblemMeaning] = {
    "another-project-gives-ids": ProblemMeaning(
        "Another project, or another state, gives SITE_IDs for the same original. Neither knows what the other gives.",
        "Declare all mirrors of an original in one project, or reserve the ids of the other one with"
        " mirrors:fleet.reservedFor.",
    ),
    "application-not-found": ProblemMeaning(
        "The platform shows this token no application of this name. It does not exist, or the token lacks the rights.",
        "Check the slug and the token's rights. Make a new mirror once in the Control Panel.",
    ),
    "application-renamed": ProblemMeaning(
        "An application got a new slug after the last update, and the configuration does not say so.",
        "Declare the new slug as application, and the earlier one as formerly.",
    ),
    "database-of-other-environment": ProblemMeaning(
        "A mirror's DATABASE_URL in one environment names the original's database of the other environment.",
        "Remove that variable in the Control Panel. Then pulumi up writes the right one.",
    ),
    "environment-not-found": ProblemMeaning(
        "An application of the fleet does not have the environment that this stack is for.",
        "Create the environment in the Control Panel, or set mirrors:environment to one that the application has.",
    ),
    "environments-share-service": ProblemMeaning(
        "The original has one database, or another service, in Test and in Live. Test would write into Live's content.",
        "Give each environment a service of its own, then deploy the original in both.",
    ),
    "held-site-named": ProblemMeaning(
        "A command names a site that is held, and Mirrors deploys nothing to a held site.",
        "Set hold to false or to variablesMayDeploy for this site, or leave it out of the command.",
    ),
    "held-site-variables-change": ProblemMeaning(
        "The declared variables of a held site changed. Only a deployment applies them, and it takes the newest image.",
        "Set hold to false or to variablesMayDeploy for this site, or keep its variables as they are.",
    ),
    "names-exchanged": ProblemMeaning(
        "An application has the slug that another one had at the last update. Their resources cannot change places.",
        "Give the application a slug that neither had, update every stack, then give it the slug that you want.",
    ),
    "neighbour-id-unknown": ProblemMeaning(
        "An undeclared application or environment may use the shared database, and Mirrors cannot read its SITE_ID.",
        "Declare the application with its siteId, or reserve its id with mirrors:fleet.reservedFor.",
    ),
    "original-never-deployed": ProblemMeaning(
        "The original has no successful deployment in an environment, so its mirrors have no values or no image.",
        "Deploy the original in that environment, then run the command again.",
    ),
    "paused-site-unclear": ProblemMeaning(
        "A site's wave comes after the pause, and Mirrors cannot tell whether it manages the site already.",
        "Raise mirrors:rollout.pauseAfter, take the site off the list, or set its MIRRORS_APPLICATION again.",
    ),
    "reserved-for-unknown": ProblemMeaning(
        "mirrors:fleet.reservedFor names an application that the platform does not show to this token.",
        "Correct the slug. If the application is gone, put its id under mirrors:fleet.reservedSiteIds.",
    ),
    "service-not-comparable": ProblemMeaning(
        "Mirrors cannot read from an address which service it names, so it cannot tell one service from another.",
        "Give each environment a service of its own, or confirm the address, or name the mirrors, as the message says.",
    ),
    "shared-service-moved": ProblemMeaning(
        "A shared value of the original points at another service than before. Every mirror would change to it.",
        "If you want that change, confirm it with mirrors:confirmDatabase. Otherwise correct the original.",
    ),
    "shared-service-unclear": ProblemMeaning(
        "A shared value of the original changed, and Mirrors cannot tell whether it points at the same service.",
        "If you want that change, confirm it with mirrors:confirmDatabase. Otherwise correct the original.",
    ),
    "shared-value-differs": ProblemMeaning(
        "A value under mirrors:sharedValues is not the one that the original's instances run with.",
        "Correct the value, or remove it.",
    ),
    "shared-value-unknown": ProblemMeaning(
        "The platform does not show a value that the original shares with its mirrors.",
        "Set the value as a secret under mirrors:sharedValues, or take the variable off mirrors:fleet.shared.",
    ),
    "site-id-differs": ProblemMeaning(
        "The configuration, the state and the platform name different SITE_IDs for a site.",
        "Declare the siteId that is right, and correct the others. Mirrors does not renumber a running site.",
    ),
    "site-id-invalid": ProblemMeaning(
        "The SITE_ID of an environment is no whole number above 0.",
        "Correct it in the Control Panel.",
    ),
    "site-id-not-given-yet": ProblemMeaning(
        "This stack follows another one for its SITE_IDs, and that one has not given this site an id.",
        "Run pulumi up in the other stack first.",
    ),
    "site-id-retired": ProblemMeaning(
        "A site would have a SITE_ID that is retired. The content of the site that had it is still in the database.",
        "Choose another id, or free this one with mirrors:fleet.releaseSiteIds.",
    ),
    "site-id-shared": ProblemMeaning(
        "Two sites have one SITE_ID, so both serve and overwrite the same content.",
        "Decide whose content it is, and give the other site another id.",
    ),
    "site-id-taken": ProblemMeaning(
        "An undeclared application or environment uses this SITE_ID with the shared database.",
        "Declare another siteId, or set another SITE_ID for that application.",
    ),
    "site-id-too-high": ProblemMeaning(
        "The next SITE_ID is above the highest that a row of Django's sites can have.",
        "Declare a siteId that is free.",
    ),
    "site-id-unknown": ProblemMeaning(
        "A site runs with a SITE_ID that the platform does not show, or that is no number.",
        "Declare the siteId that it has.",
    ),
    "site-ids-forgotten": ProblemMeaning(
        "Mirrors has given SITE_IDs to this fleet before, and the state of this stack has none of them.",
        "Use the state that has the ids, or declare the highest one as mirrors:fleet.highestSiteId.",
    ),
    "slug-of-another-application": ProblemMeaning(
        "A declared slug belongs to another application now. The one that had it was renamed and still runs.",
        "Write the new name of the application that had it, and the slug as formerly.",
    ),
}
