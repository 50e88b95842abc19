"""``make chaos``: something is killed at a random moment, and what the page for whoever is on call says is done.

A round is planned from (seed, number) alone (``plan``), played on a real engine and a sandbox (``ground``, ``deed``,
``repair``, ``play``) while a second pair of eyes looks at each change of the platform's store (``watch``), and judged
by what is left (``judge``).
"""
