"""The slices of Kubernetes and LeaderWorkerSet objects the controller reads and writes. Pure."""
