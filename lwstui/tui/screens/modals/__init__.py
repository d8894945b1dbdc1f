"""Dialogs: one question, one answer, Cancel has the focus."""
