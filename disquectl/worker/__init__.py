"""The worker: runs a command for each job. Its rules are functions of time; processes and sockets are apart.

Only the commands `work` and `dead` use it, and import it when they run.
"""
