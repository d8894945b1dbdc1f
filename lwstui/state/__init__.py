"""What the console knows: immutable snapshots, one writer. Pure."""
