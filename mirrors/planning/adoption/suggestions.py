"""Suggest the slug that the user probably meant, where a declared application does not exist."""

from collections.abc import Collection


def suggest_slug(slug: str, declared: Collection[str], visible: Collection[str]) -> str | None:
    """Return the visible slug that differs by a single typing error, preferably an undeclared one; otherwise None.

    Sites of one fleet have names like ``acme-de`` and ``acme-dk``. So one different character beside a declared slug
    of the same length is probably no error.
    """
    for other in sorted(set(visible) - set(declared)):
        if _one_slip(slug, other):
            return other
    found = (other for other in declared if other in visible and len(other) != len(slug) and _one_slip(slug, other))
    return next(found, None)


def _one_slip(one: str, other: str) -> bool:
    """Return whether two slugs differ by one character more, less or replaced, or by two swapped ones."""
    start = _alike(one, other)
    end = _alike(one[start:][::-1], other[start:][::-1])
    left, right = one[start : len(one) - end], other[start : len(other) - end]
    return one != other and (max(len(left), len(right)) == 1 or (len(left) == 2 and left == right[::-1]))


def _alike(one: str, other: str) -> int:
    """Return how many characters at the beginning are the same."""
    differing = (place for place, (here, there) in enumerate(zip(one, other, strict=False)) if here != there)
    return next(differing, min(len(one), len(other)))
