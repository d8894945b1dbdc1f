"""Simulated serving engines: what their containers log and how long they take."""
