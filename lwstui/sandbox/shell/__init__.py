"""The shell and the commands that simulated containers know."""
