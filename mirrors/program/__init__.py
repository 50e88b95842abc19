"""Code that runs in the user's Pulumi program."""
