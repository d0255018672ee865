"""Other tools doing the same work, each in an environment of its own below ``.cache/bench/``; none is a dependency.

Belongs here: how each is installed, and how its users would run it at its best. A ``run_….py`` is run by its tool's own
Python and imports nothing of the project: it takes the base URL, the examples' file and how many calls at a time, and
prints a line of JSON with the number of scores that it has at the end.
"""
