"""Takeover: moving a set from the native controller to this one without restarting a pod. Pure."""
