"""Find the model of a key by its place: the keys beside it, whether it is required, and what to write there."""

from types import UnionType
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mirrors.config.models.all_keys import all_keys_model
from mirrors.config.models.base import ConfigModel, KeyPath


def model_at(place: KeyPath) -> type[BaseModel] | None:
    """Return the model of the object at a place; None if the user chooses the names of its keys."""
    found: Any = all_keys_model()
    for key in place:
        if isinstance(found, type) and issubclass(found, BaseModel):
            found = fields_by_key(found)[key].annotation if key in fields_by_key(found) else None
            found = get_args(found)[0] if isinstance(found, UnionType) else found
        else:  # These are items of a tuple[X, ...], or values of a dict[str, X] or dict[str, Annotated[X, …]].
            found = get_args(found)[0 if isinstance(key, int) else 1]
            found = get_args(found)[0] if hasattr(found, "__metadata__") else found
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def fields_by_key(model: type[BaseModel]) -> dict[int | str, FieldInfo]:
    """Return the fields of a model by the key that a user writes."""
    return {str(field.alias): field for field in model.model_fields.values()}


def is_required_key(place: KeyPath) -> bool:
    """Return whether the object around a place requires the last key of the place."""
    model = model_at(place[:-1])
    field = fields_by_key(model).get(place[-1]) if model else None
    return field is not None and field.is_required()


def missing_key_remedy(place: KeyPath) -> str:
    """Return what to write for a missing key; empty if its model does not say it."""
    model = model_at(place[:-1])
    return model.needed.get(str(place[-1]), "") if model and issubclass(model, ConfigModel) else ""
