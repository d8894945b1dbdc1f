"""Device and engine telemetry, joined to pods."""
