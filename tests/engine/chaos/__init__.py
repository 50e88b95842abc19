"""``make chaos``: kill something at a random moment, and then do what the page for operators says.

``plan`` makes a round from (seed, number) alone. ``ground``, ``deed``, ``repair`` and ``play`` play it on a real engine
and a sandbox. A second pair of eyes looks at each change of the platform's store (``watch``). ``judge`` judges it by
what is left.
"""
