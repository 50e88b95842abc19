#!/bin/sh
# Input: a Pulumi program that waits for a resource, `await site.urn.future()`, before it declares the next one. The
# resource fails, and the update has the option --continue-on-error.
# A good guess: the wait raises an exception, since nothing was created.
# What happens: Python SDK 3.259.0 raises ResourceRegistrationFailed. SDK 3.272.0 raises nothing: the URN and the id are
# known, and every other output is unknown, also one that repeats an input. The program goes on to the next resource.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/program.py" <<'PYTHON'
import asyncio
from importlib.metadata import version

import pulumi
from pulumi.runtime.mocks import MockMonitor, Mocks, set_mocks
from pulumi.runtime.proto import resource_pb2


class Answers(Mocks):
    def new_resource(self, args):
        return args.name, args.inputs

    def call(self, args):
        return {}


class Fails(MockMonitor):
    """Answers for a resource as the engine does if it failed and the update continues."""

    def RegisterResource(self, request):
        answer = super().RegisterResource(request)
        if request.name == "site":
            answer.result = resource_pb2.FAIL
            answer.object.Clear()
        return answer


class Site(pulumi.CustomResource):
    slug: pulumi.Output[str]

    def __init__(self, name):
        super().__init__("x:index:Site", name, {"slug": "acme-de"})


async def look():
    site = Site("site")
    for name in ("urn", "id", "slug"):
        output = getattr(site, name)
        try:
            said = "known" if await output.is_known() else "unknown"
        except Exception as error:
            said = type(error).__name__
        print("pulumi", version("pulumi"), name, said)


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
set_mocks(Answers(), preview=False, monitor=Fails(Answers()))
loop.run_until_complete(look())
PYTHON
for version in 3.259.0 3.272.0; do
    python3 -m venv "$dir/$version"
    "$dir/$version/bin/pip" install --quiet "pulumi==$version"
    "$dir/$version/bin/python" "$dir/program.py" 2>&1 | grep '^pulumi ' | tee -a "$dir/seen"
done
cat >"$dir/expected" <<'SEEN'
pulumi 3.259.0 urn ResourceRegistrationFailed
pulumi 3.259.0 id ResourceRegistrationFailed
pulumi 3.259.0 slug ResourceRegistrationFailed
pulumi 3.272.0 urn known
pulumi 3.272.0 id known
pulumi 3.272.0 slug unknown
SEEN
cmp -s "$dir/seen" "$dir/expected"
