"""What is wrong with a cluster: one look at it as data, and rules that find problems in that. Pure.

It must not know sockets, commands or how findings are written; fanout/probe.py takes the look.
"""
