"""Copying an environment. The copy has branch and custom variables. The platform may carry over more."""

from mirrors_sandbox.deploying import is_credential
from mirrors_sandbox.models import Environment, EnvironmentVariable


def copy_environment(source: Environment, slug: str) -> Environment:
    """A new environment of the same application.

    It has the source's custom variables, and of the built-in ones those that are no credentials: two environments
    never share a database by themselves.
    """
    built_in = {name: value for name, value in source.built_in.items() if not is_credential(name)}
    copy = Environment.objects.create(
        application=source.application, slug=slug, branch=source.branch, built_in=built_in | {"STAGE": slug}
    )
    EnvironmentVariable.objects.bulk_create(
        EnvironmentVariable(
            environment=copy, name=variable.name, value=variable.value, is_sensitive=variable.is_sensitive
        )
        for variable in EnvironmentVariable.objects.filter(environment=source)
    )
    return copy
