"""Effective requests, free devices, will-it-fit. Pure."""
