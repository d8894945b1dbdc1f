"""Planning: observed state and time in, actions and reasons out. Pure."""
