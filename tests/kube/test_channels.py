"""How a conversation with a container says that it has ended."""

import pytest

from lwstui.kube.channels import Ended, ending

EXIT = (
    b'{"status":"Failure","reason":"NonZeroExitCode","message":"exit 3",'
    b'"details":{"causes":[{"reason":"ExitCode","message":"3"}]}}'
)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"metadata":{},"status":"Success"}', Ended(0)),
        (EXIT, Ended(3)),
        (
            b'{"status":"Failure","message":"container not found"}',
            Ended(None, "container not found"),
        ),
        (b'{"status":"Failure"}', Ended(None, "it failed without a reason")),
        (b"no json \x1b[31m", Ended(None, "no json ")),
    ],
)
def test_the_last_message_is_understood(data, expected):
    assert ending(data) == expected
