"""A reader who follows a page: each command is run, and must say what the page quotes.

A shell block is run line by line; ``# exit 2`` behind a command is the code that it must end with. The text block after
it quotes what the commands said: ``…`` matches anything, an indented line continues the one above it. One that precedes
every shell block quotes what the set-up has provoked.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field

import pytest
import yaml

from tests.engine.pages.page import Section, command_of, missing
from tests.engine.project import PROJECT_FILE, Project

Steps = Generator[str | None, None, None]
"""The steps before the shell blocks of a section, which happen by themselves or by the hand of a reader: one for each.

A text block before any command quotes what a step yields.
"""


def as_it_is(*_: object) -> Steps:
    """For a section that finds what it needs."""
    yield None


AS_IF_CONFIRMED = {
    "pulumi up": "pulumi up --skip-preview",
    "pulumi destroy": "pulumi destroy --skip-preview --yes",
    "mirrors deploy": "PULUMI_OPTION_SKIP_PREVIEW=true mirrors deploy",
}
"""Questions that a user answers with yes; the pages have previews of their own, which take as long as an ``up``."""


@dataclass
class Reader:
    """Sections build on each other: after one that failed the others mean nothing.

    ``instead``: what is run in place of what the page says. ``given``: what is typed when a command asks for it.
    """

    project: Project
    steps_of: Callable[[Section], Steps]
    instead: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Callable[[], str]] = field(default_factory=dict, repr=False)
    failed: str = ""
    said: str = field(default="", repr=False)

    def skip_after_a_failure(self) -> None:
        if self.failed:
            pytest.skip(f"it follows {self.failed!r}, which has failed")

    def read(self, section: Section) -> None:
        self.skip_after_a_failure()
        self.failed = section.title
        self.follow(section)
        self.failed = ""

    def follow(self, section: Section) -> None:
        steps = self.steps_of(section)
        try:
            for block in section.blocks:
                if block.language == "sh" and not block.not_run:
                    next(steps, None)
                    self.said = "".join(self.run(line) for line in block.text.splitlines())
                elif block.language == "text":
                    self.said = self.said or next(steps, None) or ""
                    assert missing(block.text, self.said) == [], self.said
        finally:
            self.said = ""
            steps.close()

    def run(self, line: str) -> str:
        """Run a command and return its output.

        A shell of its own runs each line; where it goes and what it exports is kept for the next.
        """
        command, code = command_of(line)
        if command.startswith(("cd ", "export ")):
            return self._keep(command)
        for written, run in {**AS_IF_CONFIRMED, **self.instead}.items():
            command = command.replace(written, run)
        typed = next((answer() for asking, answer in self.given.items() if command.startswith(asking)), None)
        done = self.project.run("sh", "-c", command, given=typed)
        assert done.code == code, f"{line}\n{done.text}"
        return done.text

    def _keep(self, command: str) -> str:
        name = command.removeprefix("export ").partition("=")[0]
        asked = "pwd" if command.startswith("cd ") else f'printf %s "${name}"'
        told = self.project.run("sh", "-c", f"{command} && {asked}").succeeded().stdout
        if command.startswith("cd "):
            self.project.directory = self.project.directory / told.strip()
        else:
            self.project.environment[name] = told
        return ""


def paste(project: Project, block: str, name: str = PROJECT_FILE) -> None:
    """Write what a page shows of a file's ``config`` into that file, in place of the same keys there."""
    shown = yaml.safe_load(block)["config"]
    project.configure(lambda config: config.update(shown), name)
