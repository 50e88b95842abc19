"""``docs/reference/configuration``: every key that a user may write, from the models that check it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from mirrors.config.models.base import KeyPath
from tools.reference.docstrings import documented, row, table
from tools.reference.keys import PAGES, keys_of, objects, page_of

__all__ = ["pages"]

INTRODUCTION = """\
# Configuration

The namespace is `mirrors`, whatever your project is called. Mirrors refuses an unknown key and a wrong value before it
writes anything, and names the key's path.

Write what all stacks share into `Pulumi.yaml`, an object there below `value`. Write what one stack has of its own into
`Pulumi.<stack>.yaml`, an object there without `value`. Each key may be in either file. If a key is in both, the
stack's value replaces the other as a whole: Pulumi merges nothing. For what differs from site to site and from stack to
stack there are keys of their own: `overrides` and `secrets`.

Put text in quotes where YAML may read it as something else, as it does with `0123`, `1.10`, `1e3`, `2024-01-01` and
`true`. Pulumi passes on what YAML has read: 83 for `0123`. Mirrors refuses a value that does not arrive as it is
written, and says what to paste. It also refuses a number where a key takes text, such as the value of a variable.
`pulumi config set --path` takes a number for a number: add `--type string`. Mirrors compares the files where it finds
them, but not a file that `--config-file` names.

A fleet of hundreds of mirrors needs a file of its own. Pulumi passes the whole configuration to the program in one
environment variable, for which Linux has 128 KiB. Write `mirrors:fleetFile: fleet.yaml` in place of `mirrors:fleet`,
and the fleet's keys (`original`, `mirrors`, …) at the top of that file. `mirrors doctor -s STACK` shows how near to the
limit you are.

A **secret** key belongs in `Pulumi.<stack>.yaml`, encrypted. Mirrors refuses it in clear. This command asks for the
value: `pulumi config set --secret --path mirrors:secrets.all.API_KEY -s live`.

In the refresh that begins each `preview` and `up`, Pulumi has the configuration of the last `up`. It also has that one
in `refresh` and `destroy` without `--run-program`. Even there Mirrors takes two things of today: the variables in the
environment, and `apiToken` where the platform refuses the old one. Do not set `PULUMI_RUN_PROGRAM`: with it each `up`
writes the state once for each resource.

## Completion in an editor

`schemas/mirrors.schema.json` describes every key as JSON Schema, from the same models as these pages. An installed
package has it as `pulumi_mirrors/mirrors.schema.json` in `site-packages`. Editors with the YAML language server use it
to complete and check `Pulumi.yaml`, `Pulumi.<stack>.yaml` and the file of `fleetFile`. The first line of each names it:

```yaml
# yaml-language-server: $schema=schemas/mirrors.schema.json
```

"""


def pages() -> dict[str, str]:
    """Return {file name: page}. Raises LookupError where a key or a model has no docstring."""
    texts = {"index.md": INTRODUCTION}
    texts |= {f"{page}.md": f"# {title}\n\nAll keys: [configuration](index.md).\n\n" for page, title in PAGES.items()}
    for path, place, model in objects():
        texts[page_of(path)] += "\n".join(_described(path, place, model))
    return {name: text.rstrip("\n") + "\n" for name, text in texts.items()}


def _described(path: str, place: KeyPath, model: type[BaseModel]) -> Iterator[str]:
    yield from (f"## {f'`{path}`' if path else 'The keys'}", "", documented(model), "")
    yield from table("key", "takes", "default", "meaning")
    for key in keys_of(path, place, model):
        takes = f"**secret**: {key.takes}" if key.secret else key.takes
        yield row(f"`{key.name}`", takes, key.default, key.summary)
    yield from ("", "")
