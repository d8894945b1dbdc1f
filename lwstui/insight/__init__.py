"""Diagnosis rules: evidence in, diagnosis and suggested action out. Pure."""
