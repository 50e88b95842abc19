"""A reader who follows a page: each command is run, and must say what the page quotes.

A shell block is run line by line; ``# exit 2`` behind a command is the code that it must end with. The text block after
it quotes what the commands said: ``…`` matches anything, an indented line continues the one above it. One that precedes
every shell block quotes what the set-up has provoked.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

import yaml

from tests.engine.pages.page import Section, command_of, missing
from tests.engine.project import PROJECT_FILE, Project

Steps = Generator[str | Section | None, None, None]
"""The steps before the shell blocks of a section, which happen by themselves or by the hand of a reader: one for each.

A text block before any command quotes the text that a step yields. A step that yields a section of another page goes on
once that section, too, has been read: the fleet is as both describe it. What follows the last step happens at the end.
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
    """``instead``: what is run in place of what the page says. ``given``: what is typed when a command asks for it.

    ``beside`` are the titles of the sections that were read because another one's steps had come to them.
    """

    project: Project
    instead: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Callable[[], str]] = field(default_factory=dict, repr=False)
    beside: list[str] = field(default_factory=list)

    def read(self, section: Section, steps: Steps | None = None) -> None:
        """Follow a section. Where it fails, the failure names it."""
        try:
            with closing(steps or as_it_is()) as taken:
                self._follow(section, taken)
        except AssertionError as error:
            error.add_note(f"in {section.title!r}")
            raise

    def _follow(self, section: Section, steps: Steps) -> None:
        said = ""
        for block in section.blocks:
            if block.language == "sh" and not block.not_run:
                self._step(steps)
                said = "".join(self.run(line) for line in block.text.splitlines())
            elif block.language == "text" and not block.not_run:
                said = said or self._step(steps)
                assert missing(block.text, said) == [], said
        self._step(steps)

    def _step(self, steps: Steps) -> str:
        for reached in steps:
            if not isinstance(reached, Section):
                return reached or ""
            self.beside.append(reached.title)
            self.read(reached)
        return ""

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
        result = self.project.run("sh", "-c", f"{command} && {asked}").succeeded().stdout
        if command.startswith("cd "):
            self.project.directory = self.project.directory / result.strip()
        else:
            self.project.environment[name] = result
        return ""


def paste(project: Project, block: str, name: str = PROJECT_FILE) -> None:
    """Write what a page shows of a file's ``config`` into that file, in place of the same keys there."""
    shown = yaml.safe_load(block)["config"]
    project.configure(lambda config: config.update(shown), name)
