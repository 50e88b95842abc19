"""Problems of the command line and of Pulumi's own files."""

from collections.abc import Mapping

from mirrors.problems.codes import Meaning

COMMANDS: Mapping[str, Meaning] = {
    "answer-needed": Meaning(
        "The command asks before it changes anything, and no terminal is there to answer.",
        "Add --yes if that is meant.",
    ),
    "backend-file-empty": Meaning(
        "A file of Pulumi's backend is empty. A kill of Pulumi may leave it so, and Pulumi cannot read past it.",
        "mirrors doctor names the file, and the command that helps.",
    ),
    "backend-unusable": Meaning(
        "Pulumi's backend does not answer, or no login is there.",
        "Run pulumi login, or set PULUMI_BACKEND_URL.",
    ),
    "clock-differs": Meaning(
        "The clock of this machine and the platform's differ by more than 30 seconds.",
        "Set the clock of this machine, for example with NTP.",
    ),
    "command-is-for-another-platform": Meaning(
        "The command does not work on the platform of this stack.",
        "Use what the message names instead.",
    ),
    "configuration-too-large": Meaning(
        "Pulumi hands the configuration to the program in one variable. Linux limits its length to 128 KiB.",
        "Move the fleet into a file of its own, and name that file with mirrors:fleetFile.",
    ),
    "engine": Meaning(
        "Pulumi reported an error of its own, or of a resource that is not a part of Mirrors.",
        "Read the message: it is Pulumi's.",
    ),
    "event-unreadable": Meaning(
        "The program or a provider reported something that the command cannot read.",
        "Install one version of pulumi-mirrors for the command and for the program.",
    ),
    "fleet-not-in-clear": Meaning(
        "No file of the project declares the fleet in clear, so a command cannot write into it.",
        "Write the ids where the fleet is declared.",
    ),
    "mirror-named-as-original": Meaning(
        "The application that mirrors adopt was given has the database of another one. It looks like a mirror.",
        "Name the original, as the message says.",
    ),
    "no-project": Meaning(
        "The directory has no Pulumi.yaml.",
        "Go to the project's directory, or name it with -C.",
    ),
    "no-such-stack": Meaning(
        "The directory has no stack of this name, or no Pulumi project at all.",
        "Go to the project's directory, and name one of the stacks that pulumi stack ls shows.",
    ),
    "operations-interrupted": Meaning(
        "Pulumi was killed during an operation. The stack's state does not say how the operation ended.",
        "Run the command that mirrors doctor shows.",
    ),
    "original-not-deployed-yet": Meaning(
        "The mirrors run what the original deploys, and no update of this stack has deployed the original.",
        "Run pulumi up for the whole stack once.",
    ),
    "other-fleet-declared": Meaning(
        "The project declares another fleet than mirrors adopt has found. Nothing was written.",
        "Compare the two. Overwrite the declared one with --force if it is wrong.",
    ),
    "other-resources-in-stack": Meaning(
        "The stack also has resources that are not the fleet's. mirrors leave would forget them too.",
        "Take the fleet's resources out of the state one by one, with pulumi state delete.",
    ),
    "project-file-invalid": Meaning(
        "A file of the project is no YAML, or holds no keys.",
        "Correct the file at the line that the message names.",
    ),
    "project-file-unreadable": Meaning(
        "A file of the project cannot be read.",
        "Check its permissions. It has to be text in UTF-8.",
    ),
    "project-file-unwritable": Meaning(
        "A file of the project cannot be written. It is as it was before.",
        "Check the permissions of the file and of its folder.",
    ),
    "pulumi-failed": Meaning(
        "A pulumi command failed.",
        "Read the message: it is Pulumi's.",
    ),
    "pulumi-incomplete": Meaning(
        "Programs that belong to the Pulumi CLI are missing.",
        "Install the Pulumi CLI as a whole, and put its folder on the PATH.",
    ),
    "pulumi-missing": Meaning(
        "No pulumi command is on the PATH.",
        "Install the Pulumi CLI, or put its folder on the PATH.",
    ),
    "pulumi-version-differs": Meaning(
        "The pulumi command is older than the Python library, or of another major version.",
        "Install the command in the library's version, or a newer one of the same major version.",
    ),
    "run-program-set": Meaning(
        "PULUMI_RUN_PROGRAM is set. Each pulumi up then takes several times as long.",
        "Unset it. Where a refresh or destroy needs the program, use --run-program.",
    ),
    "secrets-manager-refuses": Meaning(
        "The stack's secrets manager does not take the passphrase, or the key, that this shell has.",
        "Set PULUMI_CONFIG_PASSPHRASE to the stack's passphrase, or log in to the cloud that has its key.",
    ),
    "several-ledgers": Meaning(
        "The state has more than one list of SITE_IDs, so one id may have been given to two sites.",
        "Correct the sites, declare the ids, then take the list that is not the Fleet's out of the state.",
    ),
    "site-left-list": Meaning(
        "A mirror of the stack is not declared any more. Only an update of the whole stack may remove it.",
        "Run pulumi up for the whole stack, or put the mirror back on the list.",
    ),
    "sites-not-readable": Meaning(
        "The token's account cannot see an application, its environment, its variables or its deployments.",
        "Create the missing environment, give the account the right to it, or correct the list.",
    ),
    "stack-locked": Meaning(
        "A process works on the stack, or was killed while it did.",
        "Wait for that process. If it has ended, run pulumi cancel.",
    ),
}
