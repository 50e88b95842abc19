"""Problems of a stack's configuration."""

from collections.abc import Mapping

from mirrors.problems.codes import ProblemMeaning

CONFIGURATION_PROBLEMS: Mapping[str, ProblemMeaning] = {
    "application-listed-twice": ProblemMeaning(
        "The fleet lists the same application twice.",
        "List each application once. The original does not belong in the list of mirrors.",
    ),
    "database-url-not-shared": ProblemMeaning(
        "mirrors:fleet.shared lacks DATABASE_URL. Mirrors sees from its value which sites share a database.",
        "Add DATABASE_URL to mirrors:fleet.shared.",
    ),
    "docker-host-invalid": ProblemMeaning(
        "Mirrors cannot use the address of the Docker host, or its certificates.",
        "Correct mirrors:docker.host, DOCKER_HOST in the environment, or mirrors:dockerTls.",
    ),
    "domain-is-no-host": ProblemMeaning(
        "A site's DOMAIN is not one host name. The site's row in Django needs one host name.",
        "Write one host name, without scheme and path. Put other host names into DOMAIN_ALIASES.",
    ),
    "fleet-file-unusable": ProblemMeaning(
        "Mirrors cannot read the file that mirrors:fleetFile names, or the file declares no fleet.",
        "Check the file's path, which begins at the project's directory, and the YAML in it.",
    ),
    "former-slug-in-use": ProblemMeaning(
        "Two sites claim one slug. One had it before a rename, and the other has it now or had it, too.",
        "Correct formerly. If two sites swap their slugs, give one of them a third slug first, and update every stack.",
    ),
    "key-without-effect": ProblemMeaning(
        "The program declares its fleet in arguments, so a key that belongs to a configured fleet has no effect.",
        "Pass the values in the arguments of the Fleet, and remove the key.",
    ),
    "key-written-twice": ProblemMeaning(
        "An object in the fleet's file, or in the arguments of a Fleet, has the same key twice.",
        "Remove one of the two.",
    ),
    "keys-exclude-each-other": ProblemMeaning(
        "Two keys declare the same thing, and you may set only one of them.",
        "Remove one of the two.",
    ),
    "last-wave-not-all": ProblemMeaning(
        "The last wave does not take all mirrors.",
        'Add "100%" at the end of mirrors:rollout.waves.',
    ),
    "missing-key": ProblemMeaning(
        "A required key is missing.",
        "Set the key. The message says what it takes.",
    ),
    "name-not-taken": ProblemMeaning(
        "The name of an entry, such as a variable's name or an application's slug, is not valid.",
        "Rename the entry. The message says which names are valid.",
    ),
    "needs-quotes": ProblemMeaning(
        "The key takes text, and YAML reads its value as a number, or as true or false.",
        "Put the value in quotes. With pulumi config set --path, add --type string.",
    ),
    "no-wave-to-pause-after": ProblemMeaning(
        "mirrors:rollout.pauseAfter is greater than the number of waves.",
        "Lower mirrors:rollout.pauseAfter, or remove it.",
    ),
    "original-is-held": ProblemMeaning(
        "mirrors:overrides sets hold for the original. You can hold mirrors only.",
        "Remove hold from the original's overrides.",
    ),
    "original-only-read": ProblemMeaning(
        "The configuration declares variables for an original that Mirrors only reads. They would have no effect.",
        "Add deploy: true to mirrors:fleet.original, or remove the variables.",
    ),
    "renamed-original-leaves-data": ProblemMeaning(
        "The original has a new name, and its volumes and its database still have the former one.",
        "Declare the former names in mirrors:docker. The message shows them.",
    ),
    "shared-name-listed-twice": ProblemMeaning(
        "mirrors:fleet.shared lists the same name twice.",
        "Remove one of the two.",
    ),
    "shared-value-missing": ProblemMeaning(
        "A shared variable of a fleet in containers has no value.",
        "Set its value in mirrors:sharedValues as a secret, or take the name off mirrors:fleet.shared.",
    ),
    "site-id-declared-twice": ProblemMeaning(
        "Two sites declare the same SITE_ID. They would overwrite each other's content.",
        "Give each site a SITE_ID of its own.",
    ),
    "site-id-reserved": ProblemMeaning(
        "A site has, or declares, a SITE_ID that the configuration reserves.",
        "Choose another SITE_ID, or take this one off the list that the message names.",
    ),
    "site-is-called-all": ProblemMeaning(
        "In mirrors:secrets, all means every mirror, and a site of the fleet has the slug all.",
        "Declare the secrets of each site under its own slug.",
    ),
    "stack-follows-itself": ProblemMeaning(
        "mirrors:siteIdsFrom names its own stack.",
        "Name the stack that gives this one its ids, or remove the key.",
    ),
    "unknown-key": ProblemMeaning(
        "Mirrors knows no key of this name in this place.",
        "Correct the name. docs/reference/configuration lists all keys.",
    ),
    "unknown-site": ProblemMeaning(
        "The configuration, a command or an environment variable names a site that is not in the fleet.",
        "Correct the name, or add the site to the fleet.",
    ),
    "value-not-as-written": ProblemMeaning(
        "A value without quotes does not arrive as it is written, because YAML or Pulumi changes it.",
        "Put the value in quotes. If the key takes a number, write decimal digits that do not begin with 0.",
    ),
    "value-not-taken": ProblemMeaning(
        "A key has a value that it does not take.",
        "Correct the value. The message says what the key takes. docs/reference/configuration lists it for all keys.",
    ),
    "value-of-unshared-name": ProblemMeaning(
        "mirrors:sharedValues has a name that mirrors:fleet.shared lacks.",
        "Correct the name, or add it to mirrors:fleet.shared.",
    ),
    "variable-name-reserved": ProblemMeaning(
        "The configuration declares a variable that Mirrors sets for each site, or that the original shares.",
        "Remove the variable.",
    ),
    "variable-plain-and-secret": ProblemMeaning(
        "The configuration declares a variable of one site both in clear and as a secret.",
        "Declare it once.",
    ),
    "waves-do-not-grow": ProblemMeaning(
        "A wave is not larger than the one before. The size of each wave includes the mirrors of earlier waves.",
        "Write sizes in mirrors:rollout.waves that grow from wave to wave.",
    ),
}
