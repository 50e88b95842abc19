"""The base of the providers: one connection a process, and normalised properties.

Four rules come from the engine and Pulumi's SDK. A provider is pickled as the name of its class, so it has no state of
its own. Every number arrives as a float. A method that raises shows its message to the user. A provider marks a value
that it brings in as a secret; without the mark the state has it in clear.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, ClassVar, TypeVar

from pulumi.dynamic import CheckFailure, CheckResult, Config, ConfigureRequest, DiffResult, ResourceProvider

from mirrors.config.connection import PROVIDER_KEYS, DivioConnection, load_divio_connection
from mirrors.config.models.rollout import RolloutSettings
from mirrors.divio import Divio, DivioError, NotFound, ValidationFailed
from mirrors.errors import MirrorsError
from mirrors.observation.convert import convert_deployment
from mirrors.observation.remediation import convert_error
from mirrors.planning.observed import ObservedDeployment
from mirrors.planning.site_properties import Properties
from mirrors.problems import Problem
from mirrors.problems.events import report_problem
from mirrors.pulumi_internals import answer_with_messages, find_stack_of_call, mark_secret
from mirrors.resources.bulk_reads import BulkReadCache
from mirrors.resources.bulk_requests import list_visible_environments
from mirrors.resources.current_token import add_current_token
from mirrors.resources.executor import provide_threads
from mirrors.resources.failures import platform_error
from mirrors.resources.platform_client import connect_client, raw_values
from mirrors.resources.process import PROCESS_MEMORY
from mirrors.resources.watchdog import watch_engine

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def _report_problems(method: Callable[..., Answer]) -> Callable[..., Answer]:
    @wraps(method)
    def reports(*args: Any) -> Answer:
        try:
            return method(*args)
        except MirrorsError as error:
            for problem in error.problems:
                report_problem(problem)
            raise

    return reports


def normalize(value: Any) -> Any:
    """Return the value with whole floats as ints again, also in lists and maps."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: normalize(item) for key, item in value.items()}
    return [normalize(item) for item in value] if isinstance(value, list) else value


class Provider(ResourceProvider):
    """The base of the providers.

    Attributes:
        inputs: The keys of checked inputs.
        outputs: The keys that come beside the inputs.
        immutable: The inputs that replace the resource.
    """

    serialize_as_secret_always = False
    inputs: ClassVar[tuple[str, ...]] = ()
    outputs: ClassVar[tuple[str, ...]] = ()
    immutable: ClassVar[tuple[str, ...]] = ()

    connection: DivioConnection
    stack: str | None = None

    def __init_subclass__(cls, **more: Any) -> None:
        """Report the problems that a method raises where a preview calls it."""
        super().__init_subclass__(**more)
        for name in ("check", "diff", "read"):
            if name in vars(cls):
                setattr(cls, name, _report_problems(vars(cls)[name]))

    def configure(self, req: ConfigureRequest) -> None:
        answer_with_messages()
        watch_engine(sys.argv)
        provide_threads(_report_problems(self.load_provider_settings)(req.config).parallel)

    def load_provider_settings(self, config: Config) -> RolloutSettings:
        """Load the configuration that this kind of provider needs. Raises ConfigurationError."""
        raw = raw_values(config, PROVIDER_KEYS)
        self.stack = find_stack_of_call()
        self.connection = load_divio_connection(add_current_token(raw, self.stack, os.environ), os.environ)
        return self.connection.rollout

    @property
    def divio(self) -> Divio:
        return connect_client(self.connection, self.stack)

    @property
    def bulk_reads(self) -> BulkReadCache:
        return PROCESS_MEMORY.bulk_reads(self.divio)

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """Accept the inputs as they are."""
        return CheckResult(self.select_inputs(news), [])

    def diff(self, _id: str, _olds: Properties, _news: Properties) -> DiffResult:
        """Name the inputs that replace the resource. The engine compares the others, and previews show what changed."""
        replaces = [key for key in self.immutable if key in _olds and _olds[key] != _news.get(key)]
        return DiffResult(replaces=replaces, delete_before_replace=True)

    def select_inputs(self, properties: Mapping[str, Any]) -> Properties:
        """Return the checked inputs among the properties, normalised, without check-only inputs and outputs."""
        return {key: normalize(properties[key]) for key in self.inputs if properties.get(key) is not None}


def list_or_empty(ask: Callable[[str], Sequence[Item]], divio: Divio, environment: str) -> Sequence[Item]:
    """Return a list of an environment; empty if the environment was deleted. A platform may answer that with a 400."""
    try:
        return ask(environment)
    except ValidationFailed:
        if is_environment_gone(divio, environment):
            return ()
        raise


def list_deployments_or_empty(divio: Divio, environment: str) -> tuple[ObservedDeployment, ...]:
    return tuple(map(convert_deployment, list_or_empty(divio.deployments.list, divio, environment)))


@contextmanager
def translate_errors(site: str) -> Iterator[None]:
    """Translate an error of the platform into a MirrorsError, with the site and a remedy in its message."""
    try:
        yield
    except DivioError as error:
        raise platform_error(site, convert_error(error)) from None


def is_environment_gone(divio: Divio, environment: str) -> bool:
    """Return whether an environment was deleted. A platform also answers 404 for one that a token may not see.

    So a 404 alone is no proof: the environment must also be missing where the token sees others listed.

    Raises:
        NotFound: The environment is still listed, or no environment is.
    """
    try:
        divio.environments.get(environment)
    except NotFound:
        siblings = list_visible_environments(divio)
        if not siblings or environment in siblings:
            raise
        return True
    return False


def check_failures(problems: Iterable[Problem]) -> list[CheckFailure]:
    """Return the failures of a ``check``. None of them names a property: the engine would print its value."""
    found = tuple(problems)
    for problem in found:
        report_problem(problem)
    return [CheckFailure("", problem.line) for problem in found]


def mark_secrets(values: Mapping[str, Any], secrets: Iterable[str]) -> Properties:
    """Return the values, with those of the given names marked as secrets."""
    names = set(secrets)
    return {name: mark_secret(value) if name in names else value for name, value in values.items()}
