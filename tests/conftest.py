"""What holds for all tests."""

import signal


def pytest_configure() -> None:
    """Hear ctrl-c, and let what tests start hear it.

    A shell that runs something in the background has it ignore the signal, and all it starts.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
