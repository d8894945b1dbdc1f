from collections.abc import AsyncIterator

import pytest

from tests.sandbox.api.support import Api, start


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    running = await start()
    yield running
    await running.client.close()
