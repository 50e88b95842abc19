"""Guesses about Divio's API v3: one switch for each, with its default and the reason.

A sandbox reads ``<dir>/fidelity.json`` on each request, so that a test can turn a guess round while the server runs. A
request costs one ``stat``; the file is parsed only when it changed::

    {"page_size_default": 2, "sensitive_values_in_frozen_variables": "hidden"}

Marks: D = Divio's documentation, C = seen in a client's code, R = a recorded
response, I = inferred. A description that starts with "I" is a guess; C marks a default that a client proves.
It is a switch because clients guard for another form too.
"""

from pathlib import Path
from typing import Literal

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError
from rest_framework.exceptions import APIException

FILE_NAME = "fidelity.json"

# I: what a shell can export; the platform's own rule is unknown. Lower-case names exist (D).
VARIABLE_NAME = r"^[A-Za-z_][A-Za-z0-9_]*\Z"


class FidelityError(APIException):
    """``fidelity.json`` cannot be used; every API request answers 500 and says so until it is corrected."""

    status_code = 500


class Fidelity(BaseModel):
    """The switches of one sandbox."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Lists
    page_size_default: PositiveInt = Field(
        default=100, description="I: not documented; lists may spread over pages (D)."
    )
    page_size_max: PositiveInt = Field(
        default=1000, description="I: a guess; a larger page_size is cut to it, as DRF does."
    )
    repeated_filters: tuple[str, ...] = Field(
        default=("uuid", "slug", "organisation", "application", "environment", "name"),
        description="I: filters that mean 'any of' when repeated; seen for uuid (C, regions) and environment (C, "
        "variables). One that is not named here counts with its last value, as Django's filters do.",
    )
    unknown_uuid_in_filter: Literal["empty", "refused"] = Field(
        default="empty",
        description="I: a filter by an object that does not exist finds nothing; django-filter's relations refuse.",
    )
    variables_without_filter: Literal["refused", "all"] = Field(
        default="refused",
        description="I: application or environment is required (C); that the refusal is a 400 is a guess.",
    )

    environments_without_filter: Literal["all", "refused"] = Field(
        default="all", description="I: clients ask by application; nothing says that a filter is required."
    )
    page_size_beyond_max: Literal["cut", "refused"] = Field(
        default="cut", description="I: DRF cuts it to the largest; a stricter platform could refuse it."
    )

    # Writes
    created_status: PositiveInt = Field(default=201, description="I: DRF's status of a POST.")
    deleted_status: PositiveInt = Field(default=204, description="I: DRF's status of a DELETE.")
    value_required: bool = Field(
        default=True, description="I: a POST of a variable without value is refused; it may be blank."
    )
    relation_of_existing_object: Literal["ignored", "refused"] = Field(
        default="ignored",
        description="I: environment or application in a PATCH or PUT is read-only; DRF drops such a field.",
    )
    sensitive_turned_off: Literal["allowed", "refused"] = Field(
        default="allowed", description="I: nothing says whether is_sensitive may be turned off again."
    )
    environments_per_application: PositiveInt = Field(
        default=10, description="I: a plan limits them; the message beyond the limit is known (C), the number is not."
    )
    running_deployment_status: PositiveInt = Field(
        default=400, description="I: a second deployment is refused; DRF's whole-object error, could be 409."
    )

    # What is shown
    sensitive_value_in_variable: Literal["absent", "null"] = Field(
        default="absent", description="C: 'the value is not included in the response'; clients guard for null too."
    )
    sensitive_values_in_frozen_variables: Literal["shown", "hidden"] = Field(
        default="shown",
        description="I: a deployment's variables are a map of name to value (C); for sensitive ones unknown.",
    )
    built_in_credentials_in_frozen_variables: Literal["shown", "hidden"] = Field(
        default="shown",
        description="I: built-ins such as STAGE are in the map (C); whether DSNs and keys are is unknown.",
    )
    last_finished_deployment: Literal["shown", "absent"] = Field(
        default="shown",
        description="C: of an environment, in lists and alone; not in the recorded answer, so it is new.",
    )
    environment_variable_names: Literal["shown", "absent"] = Field(
        default="shown", description="R: of an environment, in the one answer that was recorded."
    )
    hidden_frozen_value: Literal["null", "absent"] = Field(
        default="null", description="I: the form of a hidden value in that map: the name with null, or no such name."
    )


class _Cache:
    """The last reading, with the file's identity at that time."""

    stamp: tuple[int, int, int] | None = None
    value = Fidelity()


def current() -> Fidelity:
    """The switches as they are now.

    Raises ``FidelityError`` (status 500) that names the file, the switch and the remedy when the file is not valid.
    """
    path = Path(settings.SANDBOX_DIR) / FILE_NAME
    try:
        found = path.stat()
    except FileNotFoundError:
        _Cache.stamp, _Cache.value = None, Fidelity()
        return _Cache.value
    stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
    if stamp != _Cache.stamp:
        value = _read(path)
        _Cache.value, _Cache.stamp = value, stamp
    return _Cache.value


def _read(path: Path) -> Fidelity:
    try:
        return Fidelity.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise FidelityError(f"{path.name}: {place}: {first['msg']} (got {first['input']!r}). Correct it.") from None
