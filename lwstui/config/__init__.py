"""Settings: schema, loading (flag > environment > file > default), XDG paths, keymap."""
