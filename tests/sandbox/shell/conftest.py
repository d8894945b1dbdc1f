import pytest

from tests.sandbox.shell.support import Town


@pytest.fixture
def town() -> Town:
    made = Town()
    made.group()
    return made
