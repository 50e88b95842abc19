"""The words of plans and reports for a fleet of containers."""

from mirrors.planning.platform_words import PlatformWords, SiteResourceTypes

_LEAVES = "its container is removed, and its content stays in the database"

DOCKER_WORDS = PlatformWords(
    # Network, database, media, image and its command.
    targets=("**:Fleet::*", "**:SiteIds::*", "**:Network::*", "**mirrors:docker:**"),
    goes_on="Its container is removed; its content stays in the database",
    removed=_LEAVES,
    kept=_LEAVES,
    steps=SiteResourceTypes(
        site_types=frozenset({"docker:index/container:Container"}),
        other_types=frozenset({"Serving", "Release"}),
        release_properties=("image",),
        variables_properties=("envs",),
    ),
    finished_by=frozenset({"Serving"}),
)
