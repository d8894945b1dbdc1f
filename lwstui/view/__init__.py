"""View-models: snapshot, query and time in; rows and facts out. Pure."""
