"""The terminal console: the only package that imports Textual."""
