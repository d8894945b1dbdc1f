"""Objects described section by section as ``kubectl describe`` does, from their JSON."""
