"""Problems of the command line and of Pulumi's own files."""

from collections.abc import Mapping

from mirrors.problems.codes import ProblemMeaning

COMMAND_PROBLEMS: Mapping[str, ProblemMeaning] = {
    "answer-needed": ProblemMeaning(
        "The command asks before it changes anything, and there is no terminal to answer.",
        "Add --yes to confirm the change.",
    ),
    "backend-file-empty": ProblemMeaning(
        "A file of Pulumi's backend is empty, because Pulumi was killed while it wrote the file. Pulumi cannot go on.",
        "Run mirrors doctor. It names the file and the command that helps.",
    ),
    "backend-unusable": ProblemMeaning(
        "Pulumi's backend does not answer, or you are not logged in.",
        "Run pulumi login, or set PULUMI_BACKEND_URL.",
    ),
    "clock-differs": ProblemMeaning(
        "The clock of this machine and the platform's differ by more than 30 seconds.",
        "Set the clock of this machine, for example with NTP.",
    ),
    "command-is-for-another-platform": ProblemMeaning(
        "The command does not work on the platform of this stack.",
        "Use the command that the message names.",
    ),
    "configuration-too-large": ProblemMeaning(
        "Pulumi passes the configuration to the program in one variable. Linux limits its length to 128 KiB.",
        "Move the fleet into a file of its own, and name that file with mirrors:fleetFile.",
    ),
    "engine": ProblemMeaning(
        "Pulumi reported an error of its own, or of a resource that is not a part of Mirrors.",
        "Read Pulumi's message.",
    ),
    "event-unreadable": ProblemMeaning(
        "The program or a provider reported an event that the command cannot read.",
        "Install one version of pulumi-mirrors for the command and for the program.",
    ),
    "file-not-written": ProblemMeaning(
        "Mirrors cannot write the file that you named.",
        "Name a file in a folder that exists and that you may write to.",
    ),
    "fleet-in-program": ProblemMeaning(
        "The program declares the fleet in arguments, so the command has no file to write into.",
        "Write into the arguments of the Fleet what the message names.",
    ),
    "fleet-not-in-clear": ProblemMeaning(
        "No file of the project declares the fleet in clear, so the command cannot write the ids into it.",
        "Write the ids yourself, at the place that declares the fleet.",
    ),
    "mirror-named-as-original": ProblemMeaning(
        "The application in a mirrors adopt command uses the database of another one, so it looks like a mirror.",
        "Name the original. The message says which one it is.",
    ),
    "no-project": ProblemMeaning(
        "Neither the directory nor one above it has a Pulumi.yaml.",
        "Go to the project's directory, or name it with -C.",
    ),
    "no-such-stack": ProblemMeaning(
        "The directory has no stack of this name, or no Pulumi project at all.",
        "Go to the project's directory, and name one of the stacks that pulumi stack ls shows.",
    ),
    "operations-interrupted": ProblemMeaning(
        "Pulumi was killed during an operation. The stack's state does not say how the operation ended.",
        "Run the command that mirrors doctor shows.",
    ),
    "original-not-deployed-yet": ProblemMeaning(
        "The mirrors run what the original deploys, and no update of this stack has deployed the original.",
        "Run pulumi up for the whole stack once.",
    ),
    "other-fleet-declared": ProblemMeaning(
        "The project declares another fleet than the one that mirrors adopt found. The command wrote nothing.",
        "Compare the two. If the declared one is wrong, overwrite it with --force.",
    ),
    "other-resources-in-stack": ProblemMeaning(
        "The stack also has resources of other programs, and mirrors leave would forget them, too.",
        "Take the fleet's resources out of the state one by one, with pulumi state delete.",
    ),
    "project-file-invalid": ProblemMeaning(
        "A file of the project is no YAML, or has no keys.",
        "Correct the file at the line that the message names.",
    ),
    "project-file-unreadable": ProblemMeaning(
        "Mirrors cannot read a file of the project.",
        "Check the permissions of the file, and whether it is text in UTF-8.",
    ),
    "project-file-unwritable": ProblemMeaning(
        "Mirrors cannot write a file of the project, and left it unchanged.",
        "Check the permissions of the file and of its folder. Mirrors writes no JSON: edit a Pulumi.json by hand.",
    ),
    "pulumi-failed": ProblemMeaning(
        "A pulumi command failed.",
        "Read Pulumi's message.",
    ),
    "pulumi-incomplete": ProblemMeaning(
        "Programs that belong to the Pulumi CLI are missing.",
        "Install the Pulumi CLI as a whole, and put its folder on the PATH.",
    ),
    "pulumi-missing": ProblemMeaning(
        "No pulumi command is on the PATH.",
        "Install the Pulumi CLI, or put its folder on the PATH.",
    ),
    "pulumi-version-differs": ProblemMeaning(
        "The pulumi command is older than the Python library pulumi, or has another major version.",
        "Install the command in the library's version, or in a newer one of the same major version.",
    ),
    "run-program-set": ProblemMeaning(
        "PULUMI_RUN_PROGRAM is set. Each pulumi up then takes several times as long.",
        "Unset it. If a refresh or destroy needs the program, use --run-program.",
    ),
    "secrets-manager-refuses": ProblemMeaning(
        "The stack's secrets manager refuses the passphrase or the key of this shell.",
        "Set PULUMI_CONFIG_PASSPHRASE to the stack's passphrase, or log in to the cloud that has its key.",
    ),
    "several-fleets": ProblemMeaning(
        "The program of the stack declares several fleets, and the command works on one.",
        "Name one with --fleet.",
    ),
    "several-ledgers": ProblemMeaning(
        "The state has more than one ledger of SITE_IDs, so two sites may have the same id.",
        "Correct the sites and declare their ids. Then take the ledger that is not the Fleet's out of the state.",
    ),
    "site-left-list": ProblemMeaning(
        "A mirror of the stack is not declared any more. Only an update of the whole stack may remove it.",
        "Run pulumi up for the whole stack, or put the mirror back on the list.",
    ),
    "sites-not-readable": ProblemMeaning(
        "The token's account cannot see an application, its environment, its variables or its deployments.",
        "Create the missing environment, give the account the right to read it, or correct the list.",
    ),
    "stack-locked": ProblemMeaning(
        "A process holds the lock of the stack, or was killed while it did.",
        "Wait for that process. If it has ended, run pulumi cancel.",
    ),
    "unknown-fleet": ProblemMeaning(
        "No program of the stack declares a fleet of this name in arguments, or no update has declared it yet.",
        "Name one of the fleets that the message lists, or run pulumi up first.",
    ),
}
