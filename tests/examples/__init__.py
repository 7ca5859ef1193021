"""The worked examples of the documentation."""

import pytest

# Its assertions then say which figures differ, like those of tests.
pytest.register_assert_rewrite("tests.examples.page")
