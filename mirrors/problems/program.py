"""Problems that the user's program finds before it registers a resource, besides those of the configuration."""

from collections.abc import Mapping

from mirrors.problems.codes import ProblemMeaning

PROGRAM_PROBLEMS: Mapping[str, ProblemMeaning] = {
    "application-in-two-fleets": ProblemMeaning(
        "Two fleets of a program declare the same application. Each would give it a SITE_ID.",
        "Remove it from one of the fleets, or declare one fleet with the sites of both.",
    ),
    "fleet-name-twice": ProblemMeaning(
        "Two fleets of a program have the same name. The state and the commands tell fleets apart by their names.",
        "Give each Fleet a name of its own.",
    ),
    "fleet-not-targeted": ProblemMeaning(
        "A targeted operation leaves out the resources that give a site its SITE_ID or a shared value.",
        "Use mirrors deploy SITE, or add the targets that the message names.",
    ),
    "ledger-would-be-deleted": ProblemMeaning(
        "The program would delete the stack's ledger of SITE_IDs, and Mirrors would forget the ids.",
        "Give the Fleet its former name and place in the program back.",
    ),
    "package-missing": ProblemMeaning(
        "A platform needs a Python package that is not installed.",
        "Install the extra that the message names.",
    ),
    "platform-not-described": ProblemMeaning(
        "run_program has a described platform, which is Divio. The configuration of the test names another platform.",
        "Leave mirrors:platform out, or test the program on that platform with Pulumi.",
    ),
    "published-passphrase": ProblemMeaning(
        "The stack holds secrets of a real account, and its passphrase is the sandbox's, which is public.",
        "Set a PULUMI_CONFIG_PASSPHRASE of your own, and create the stack again.",
    ),
    "secret-as-plain-variable": ProblemMeaning(
        "A variable in the arguments of a Fleet has the text of a secret. The state and the platform would show it.",
        "Read the secret with require_secret in the program, and pass the Output.",
    ),
    "secret-in-clear": ProblemMeaning(
        "A key that holds secrets is set in clear. Pulumi would write it in clear into files and the state.",
        "Set it again with pulumi config set --secret.",
    ),
    "secret-in-plain-key": ProblemMeaning(
        "A secret is set in a key whose variables the state and the platform show in clear.",
        "Move it to mirrors:secrets.",
    ),
    "value-not-known": ProblemMeaning(
        "A variable's value comes from another resource, and the operation leaves that resource out.",
        "Run pulumi up without --target, or add the resource that gives the value.",
    ),
}
