"""What Python programs import: the client, its settings, and jobs to loop over.

It joins the client room with the settings and with what finds replicas on all nodes; no command uses it.
"""
