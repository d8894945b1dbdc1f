"""What the native webhooks do, as pure functions."""
