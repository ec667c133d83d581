"""Settings for every test."""

import pytest
from hypothesis import settings

# So that they say what was different, as tests do.
pytest.register_assert_rewrite("tests.journeys", "tests.shown")

# The same examples in every run, and no deadline: a slow machine is no failure.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")
