"""A sandbox, and one of its nodes with pods on it."""

from collections.abc import AsyncIterator

import pytest

from lwstui.sandbox.cluster import Sandbox, SandboxOptions, running_sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox a hundred times as fast as life."""
    async with running_sandbox(SandboxOptions(nodes=4, speed=100)) as made:
        yield made
