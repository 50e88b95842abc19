"""Types of the values below ``docker``. Each refuses a value with the words of what it takes."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainValidator, SecretStr, WithJsonSchema

from mirrors.config.values.common_values import QuotedText
from mirrors.config.values.validators import (
    integer_schema,
    integer_validator,
    is_whole_number,
    not_taken,
    null_as_empty,
    pattern_validator,
    text_schema,
)

_IMAGE = re.compile(r"[a-zA-Z0-9][\w./:@-]*")
_HOST = re.compile(r"(unix:///|ssh://|tcp://)[!-~]+")
_OBJECT_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?")
_PEM = re.compile(r"\s*-----BEGIN [^-]+-----.*", re.DOTALL)
_MEMORY = re.compile(r"([0-9]{1,9})(m|g)")
_FOLDER = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._-]+)+/?")
_LABEL = re.compile(r"[^\s=\0]+")
_CPUS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3})?")


def _validate_address(value: Any) -> str:
    try:
        return str(ip_address(value if isinstance(value, str) else ""))
    except ValueError:
        raise not_taken("an IP address such as 127.0.0.1") from None


def _validate_megabytes(value: Any) -> int:
    match = _MEMORY.fullmatch(value) if isinstance(value, str) else None
    if match and (size := int(match[1]) * (1024 if match[2] == "g" else 1)) >= 6:
        return size
    raise not_taken("an amount of memory of at least 6m, such as 512m or 2g")


def _validate_cpus(value: Any) -> str:
    """Return the number as Docker's provider writes it, so that no preview shows a difference: ``1.0`` for ``1``."""
    written = str(value) if not isinstance(value, bool) else ""
    if _CPUS.fullmatch(written) and float(written) > 0:
        return str(float(written))
    raise not_taken("a number of processors above 0, such as 0.5 or 2")


def _validate_version(value: Any) -> str:
    """Take text or a number: ``pulumi config set --path`` removes the quotes of a number."""
    if is_whole_number(value) or (isinstance(value, str) and value and "\0" not in value):
        return str(value)
    raise not_taken("text or a whole number")


def _validate_restart(value: Any) -> str:
    if value in ("no", "always", "on-failure", "unless-stopped"):
        return str(value)
    if value is False:  # YAML reads "no" as this
        return "no"
    raise not_taken("no, always, on-failure or unless-stopped")


def _validate_command(value: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command as Docker has it. Its first word may name its kind (Engine API 1.51, HealthConfig.Test)."""
    match value:
        case ("NONE",) | ("CMD", _, *_) | ("CMD-SHELL", _):
            return value
        case () | ("NONE", *_) | ("CMD", *_) | ("CMD-SHELL", *_):
            raise not_taken("a command and its arguments, [CMD-SHELL, one line for the shell], or [NONE]")
    return ("CMD", *value)


Image = Annotated[
    str,
    PlainValidator(pattern_validator(_IMAGE, "an image such as registry.example.com/acme:1.4")),
    text_schema(_IMAGE),
]
Host = Annotated[
    str,
    PlainValidator(pattern_validator(_HOST, "a Docker host: unix:///path, ssh://user@host or tcp://host:2376")),
    text_schema(_HOST),
]
ObjectName = Annotated[
    str,
    PlainValidator(pattern_validator(_OBJECT_NAME, "a name that Docker takes: letters, digits, _ . -")),
    text_schema(_OBJECT_NAME),
]
Role = Annotated[
    str,
    PlainValidator(pattern_validator(_ROLE, "a name in PostgreSQL: small letters, digits and _")),
    text_schema(_ROLE),
]
Domain = Annotated[
    str, PlainValidator(pattern_validator(_DOMAIN, "a host name such as www.example.com")), text_schema(_DOMAIN)
]
Pem = Annotated[SecretStr, BeforeValidator(pattern_validator(_PEM, "a PEM file's text, beginning with -----BEGIN"))]
Address = Annotated[str, PlainValidator(_validate_address), WithJsonSchema({"type": "string"})]
Retries = Annotated[
    int, PlainValidator(integer_validator("a whole number from 1 to 100", 1, 100)), integer_schema(1, 100)
]
Registry = Annotated[
    str,
    PlainValidator(pattern_validator(_DOMAIN, "a registry's host name such as registry.example.com")),
    text_schema(_DOMAIN),
]
Port = Annotated[int, PlainValidator(integer_validator("a port from 1 to 65535", 1, 65535)), integer_schema(1, 65535)]
Megabytes = Annotated[int, PlainValidator(_validate_megabytes), text_schema(_MEMORY)]
Cpus = Annotated[
    str,
    PlainValidator(_validate_cpus),
    WithJsonSchema({"type": ["number", "string"], "exclusiveMinimum": 0, "pattern": f"^{_CPUS.pattern}$"}),
]
Restart = Annotated[
    str,
    PlainValidator(_validate_restart),
    WithJsonSchema({"enum": ["no", "always", "on-failure", "unless-stopped", False]}),
]
Version = Annotated[
    str, PlainValidator(_validate_version), WithJsonSchema({"type": ["string", "integer"], "minLength": 1})
]
Word = QuotedText
Command = Annotated[tuple[Word, ...], AfterValidator(_validate_command)]
Folder = Annotated[
    str,
    PlainValidator(pattern_validator(_FOLDER, "a path such as /media: letters, digits, / . _ and -, without ..")),
    text_schema(_FOLDER),
]
LabelName = Annotated[
    str, PlainValidator(pattern_validator(_LABEL, "a name: not empty, no white space, no =")), text_schema(_LABEL)
]
ContainerLabels = Annotated[dict[LabelName, QuotedText], BeforeValidator(null_as_empty)]
