"""disquectl: the command-line tool for Disque, and the thin client behind it.

    from disquectl import Client

    with Client("127.0.0.1:7711") as disque:
        disque.addjob("mail", "hello")

Nothing is imported here until it is asked for: a call from a script pays for what it uses.
"""

__version__ = "0.1.0"
