"""The engine thread: cluster input and output, the controller, intents."""
