"""Tests of the embedded sandbox server."""
