"""Which slug was probably meant where an application is declared that nobody has."""

from collections.abc import Collection


def meant(slug: str, declared: Collection[str], visible: Collection[str]) -> str | None:
    """The visible one that differs by a single slip of the hand, if any; first of those that are not declared.

    Sites of one fleet have names like ``acme-de`` and ``acme-dk``: beside one that is declared, another that differs in
    one character alone is probably no slip.
    """
    for other in sorted(set(visible) - set(declared)):
        if _one_slip(slug, other):
            return other
    found = (other for other in declared if other in visible and len(other) != len(slug) and _one_slip(slug, other))
    return next(found, None)


def _one_slip(one: str, other: str) -> bool:
    """A character too many, too few, or another one; or two neighbours swapped."""
    start = _alike(one, other)
    end = _alike(one[start:][::-1], other[start:][::-1])
    left, right = one[start : len(one) - end], other[start : len(other) - end]
    return one != other and (max(len(left), len(right)) == 1 or (len(left) == 2 and left == right[::-1]))


def _alike(one: str, other: str) -> int:
    """How many characters at the beginning are the same."""
    differing = (place for place, (here, there) in enumerate(zip(one, other, strict=False)) if here != there)
    return next(differing, min(len(one), len(other)))
