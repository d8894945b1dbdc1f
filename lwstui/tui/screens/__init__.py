"""Screens: one module and one style sheet each."""
