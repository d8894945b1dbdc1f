"""A small Kubernetes cluster on loopback with simulated nodes and engines."""
