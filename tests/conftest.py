"""Settings for every test."""

from hypothesis import settings

# The same examples in every run, and no deadline: a slow machine is no failure.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")
