"""The worker: a command run for each job. Its rules are functions of time; processes and sockets are apart.

Used by the command `work` alone, which imports it when it is run.
"""
