"""Programs that print figures; nothing here is a test, and no test reads a clock."""
