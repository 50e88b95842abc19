"""Problems of a stack's configuration."""

from collections.abc import Mapping

from mirrors.problems.codes import Meaning

CONFIGURATION: Mapping[str, Meaning] = {
    "application-listed-twice": Meaning(
        "The fleet has the same application twice.",
        "List each application once. The original is not in the list of mirrors.",
    ),
    "database-url-not-shared": Meaning(
        "mirrors:fleet.shared lacks DATABASE_URL, by which Mirrors tells which sites share a database.",
        "Add DATABASE_URL to mirrors:fleet.shared.",
    ),
    "docker-host-invalid": Meaning(
        "The address of the Docker host, or its certificates, cannot be used as they are written.",
        "Correct mirrors:docker.host, DOCKER_HOST in the environment, or mirrors:dockerTls.",
    ),
    "domain-is-no-host": Meaning(
        "A site's DOMAIN is more than one host name. The site's row in Django needs one host name.",
        "Write one host name, without scheme and path. Put other host names into DOMAIN_ALIASES.",
    ),
    "fleet-file-unusable": Meaning(
        "The file that mirrors:fleetFile names cannot be read, or holds no fleet.",
        "Check the file's path, which begins at the project's directory, and the YAML in it.",
    ),
    "former-slug-in-use": Meaning(
        "Two sites claim one slug: one had it before a rename, the other has it or had it too.",
        "Correct formerly. Where two sites swap slugs, first give one of them a new slug, and update every stack.",
    ),
    "key-written-twice": Meaning(
        "An object in the fleet's file has the same key twice.",
        "Remove one of the two.",
    ),
    "keys-exclude-each-other": Meaning(
        "Two keys declare the same thing, and only one of them may be set.",
        "Remove one of the two.",
    ),
    "last-wave-not-all": Meaning(
        "The last wave leaves some mirrors out.",
        'Add "100%" at the end of mirrors:rollout.waves.',
    ),
    "missing-key": Meaning(
        "A key that must be set is missing.",
        "Set it. The message says what it takes.",
    ),
    "name-not-taken": Meaning(
        "The name of an entry, such as a variable's name or an application's slug, is not valid.",
        "Rename the entry. The message says which names are valid.",
    ),
    "needs-quotes": Meaning(
        "YAML reads a value as a number, or as true or false, and the key takes text.",
        "Put the value in quotes. With pulumi config set --path, add --type string.",
    ),
    "no-wave-to-pause-after": Meaning(
        "mirrors:rollout.pauseAfter is greater than the number of waves.",
        "Lower mirrors:rollout.pauseAfter, or remove it.",
    ),
    "original-is-held": Meaning(
        "mirrors:overrides sets hold for the original, and only a mirror can be held.",
        "Remove hold there.",
    ),
    "original-only-read": Meaning(
        "Variables are declared for an original that Mirrors only reads, so nobody would set them.",
        "Add deploy: true to mirrors:fleet.original, or remove the variables.",
    ),
    "renamed-original-leaves-data": Meaning(
        "The original was renamed, and its volumes and its database still have the former name.",
        "Declare the former names in mirrors:docker. The message shows them.",
    ),
    "shared-name-listed-twice": Meaning(
        "mirrors:fleet.shared has the same name twice.",
        "Remove one of the two.",
    ),
    "shared-value-missing": Meaning(
        "A shared variable of a fleet in containers has no value.",
        "Set its value in mirrors:sharedValues as a secret, or take the name off mirrors:fleet.shared.",
    ),
    "site-id-declared-twice": Meaning(
        "Two sites declare one SITE_ID. With one SITE_ID, they would overwrite each other.",
        "Give each site a SITE_ID of its own.",
    ),
    "site-id-reserved": Meaning(
        "A site would have a SITE_ID that the configuration keeps free, as retired or as reserved.",
        "Choose another SITE_ID, or take this one off that list.",
    ),
    "site-is-called-all": Meaning(
        "In mirrors:secrets, all means every mirror. A site of the fleet has the same name.",
        "Declare the secrets of each site under its own slug.",
    ),
    "stack-follows-itself": Meaning(
        "mirrors:siteIdsFrom names the stack that it stands in.",
        "Name the stack whose ids this one follows, or remove the key.",
    ),
    "unknown-key": Meaning(
        "Mirrors knows no key of this name in this place.",
        "Correct the name. docs/reference/configuration lists all keys.",
    ),
    "unknown-site": Meaning(
        "The configuration, a command or a variable of the environment names a site that is not in the fleet.",
        "Correct the name, or add the site to the fleet.",
    ),
    "value-not-as-written": Meaning(
        "A value without quotes does not arrive as it is written: YAML or Pulumi makes something else of it.",
        "Put the value in quotes. Where a number is taken, write decimal digits that do not begin with 0.",
    ),
    "value-not-taken": Meaning(
        "A key has a value that it does not take.",
        "Correct the value. The message says what the key takes; docs/reference/configuration says it of all keys.",
    ),
    "value-of-unshared-name": Meaning(
        "mirrors:sharedValues has a name that mirrors:fleet.shared lacks.",
        "Correct the name, or add it to mirrors:fleet.shared.",
    ),
    "variable-name-reserved": Meaning(
        "The variable has a value that Mirrors gives each site, or that the original shares.",
        "Remove it.",
    ),
    "variable-plain-and-secret": Meaning(
        "A variable of one site is declared in clear and as a secret.",
        "Declare it once.",
    ),
    "waves-do-not-grow": Meaning(
        "A wave is not larger than the one before. The size of each wave counts the sites of those before it.",
        "Let the sizes in mirrors:rollout.waves grow.",
    ),
}
