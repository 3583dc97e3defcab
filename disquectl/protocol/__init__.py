"""Bytes to values, and replies to records. Pure: no sockets."""
