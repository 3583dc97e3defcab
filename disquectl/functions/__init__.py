"""Runs Python functions for jobs: `work --call MODULE:FUNCTION`."""
