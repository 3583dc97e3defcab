"""Merging the replies of all nodes into one answer: replicas of a job, states, counts, health.

Pure functions over replies. It must not know sockets or clocks: times are passed in.
"""
