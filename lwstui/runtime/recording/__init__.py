"""The recording of an incident: what came from a cluster, written to a file and played again."""
