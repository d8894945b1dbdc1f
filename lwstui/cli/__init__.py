"""Command line: one module per command; heavy imports happen inside the command."""
