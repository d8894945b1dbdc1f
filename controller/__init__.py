"""What a LeaderWorkerSet means: API, admission, planning and a controller on ports."""
