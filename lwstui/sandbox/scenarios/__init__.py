"""Faults over time, scripted in YAML: what goes wrong when, and what an operator should see."""
