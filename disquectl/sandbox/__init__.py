"""An in-memory server that speaks Disque's protocol, for trying things out and for tests. It is no Disque.

The engine (`engine` and what it imports) is rules only: time is passed in, bytes go in and out, and simulated
nodes talk by messages that it carries. `server` puts it on the network, `thread` into a test, `run` behind
`disquectl sandbox`. It shares no code with the client, so that neither hides the other's mistakes.
"""
