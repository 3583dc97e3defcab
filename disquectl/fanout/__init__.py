"""Asking every node of a cluster at the same time, and what to report when some do not answer.

It must not know how records are written, nor what a session is.
"""
