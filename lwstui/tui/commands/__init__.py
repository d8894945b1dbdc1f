"""The command bar: what can be typed, what it means, what it does.

A command is one entry: a ``CommandSpec`` with the function that runs it, in ``going``, ``changing``
or ``program``, or in a module of its own that ``registry`` lists.
"""
