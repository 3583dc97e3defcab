"""An in-memory server that speaks Disque's protocol, for trying things out and for tests; not a real Disque.

The engine (`engine` and what it imports) is pure rules: time is passed in, bytes go in and out, and simulated
nodes exchange messages through it. `server` connects it to the network, `thread` runs it in a test, `run` is
`disquectl sandbox`. It shares no code with the client, so that neither hides the other's mistakes.
"""
