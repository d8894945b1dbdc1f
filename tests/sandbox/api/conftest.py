import logging
from collections.abc import AsyncIterator

import pytest

from tests.sandbox.api.support import Api, start
from tests.sandbox.api.town import Town, running_town


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    running = await start()
    yield running
    await running.client.close()


@pytest.fixture
async def town(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Town]:
    """Run a town; whatever clients send to it, it logs no fault."""
    async with running_town() as running:
        yield running
    logged = caplog.get_records("call")
    assert [each.getMessage() for each in logged if each.levelno >= logging.WARNING] == []
