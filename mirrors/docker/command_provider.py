"""The base of the resources that run a command once for an image, before sites run that image."""

import hashlib
import json
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from pulumi.dynamic import CheckResult, CreateResult, ReadResult, UpdateResult
from pulumi.output import Unknown

from mirrors.docker.provider import DockerProvider
from mirrors.planning.site_properties import Properties
from mirrors.pulumi_internals import mark_secret

KEPT_INPUTS = ("timeout", "network", "labels", "volumes", "constraints", "environment")
"""Inputs that the command runs with, and that are no reason to run it again."""

RELEASE_LABEL = "mirrors.release"
"""A digest of image, command and reasons. It tells whose run it is that an earlier update left."""


class CommandProvider(DockerProvider):
    """Runs a command once for each image. A subclass says where."""

    inputs = ("site", "name", "image", "command", "told", *KEPT_INPUTS)

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """Keep what has run for this image, although variables have changed since."""
        inputs = self.select_inputs(news)
        if not _olds or _is_another_release(_olds, inputs):
            return CheckResult(inputs, [])
        kept = {key: _olds[key] for key in KEPT_INPUTS if key in _olds}
        # The engine does not know that an unknown value is a secret, and would show the value in its place.
        return CheckResult(inputs | kept | {"environment": mark_secret(kept["environment"])}, [])

    def create(self, props: Properties) -> CreateResult:
        """Run the command.

        Raises:
            MirrorsError: The command failed; the problem has the end of its log. The sites keep what they ran
                before.
        """
        inputs = self.select_inputs(props)
        self.run_once(inputs)
        return CreateResult(inputs["name"], inputs)

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Run the command for another image or command."""
        inputs = self.select_inputs(_news)
        if _is_another_release(_olds, inputs):
            self.run_once(inputs)
        return UpdateResult(inputs)

    def delete(self, _id: str, _props: Properties) -> None:
        """Do nothing: the command has run, and its container is gone."""

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Return the state: a finished run does not change."""
        stored = self.select_inputs(props)
        return ReadResult(id_, stored, stored)

    @abstractmethod
    def run_once(self, inputs: Properties) -> None:
        """Run the command to its end. A run of the same release that an earlier update left counts.

        Raises:
            MirrorsError: The command failed, or did not end in time.
        """


def _release_inputs(properties: Mapping[str, Any]) -> Properties:
    return {key: properties.get(key) for key in ("image", "command", "told")}


def _is_another_release(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Return whether it is another release. An unknown value does not count as different."""
    old, new = _release_inputs(before), _release_inputs(now)
    return any(old[key] != new[key] and not isinstance(new[key], Unknown) for key in new)


def release_digest(inputs: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(_release_inputs(inputs), sort_keys=True).encode()).hexdigest()[:16]
