"""Operations console, embedded controller and sandbox for LeaderWorkerSets."""

__version__ = "0.1.0"
