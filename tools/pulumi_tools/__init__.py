"""``make tools``: a Pulumi CLI, its Python language host and two scripts in ``.tools/bin``.

Three routes, the first that works (see ``docs/adr/0002-tools.md``):

1. `on_path`: a suitable Pulumi that is installed already, linked;
2. `release`: the official release, whose checksum is compared, linked;
3. `modules`: built from Go modules that are pinned in ``tools/pulumi`` and ``tools/pulumi-language-python``.

With ``--oldest`` the same gives the oldest Pulumi that Mirrors supports, pinned in ``tools/pulumi-oldest``, in
``.tools/oldest/bin``.

A route is one function from a `layout.Layout` to nothing. If it cannot work, it raises `layout.UnavailableError` with
the reason. Each file in ``.tools/bin`` is complete, since each file gets there by a rename.
"""
