"""`Client`: what `from disquectl import Client` gives. The whole of it is in `Core` and the command classes.

What corresponds to what in pydisque and cl-disque stands in help/python.md.
"""

from __future__ import annotations

from disquectl.client.job_commands import JobCommands
from disquectl.client.queue_commands import QueueCommands
from disquectl.client.server_commands import ServerCommands


class Client(JobCommands, QueueCommands, ServerCommands):
    """A client of a Disque cluster, with a method for each command.

        with Client("127.0.0.1:7711,127.0.0.1:7712", password="secret") as disque:
            job_id = disque.addjob("mail", "hello", retry=60)
            for job in disque.getjob("mail", timeout_ms=1000):
                disque.ackjob(job["id"])

    It connects with its first request to the first seed that lets it in, and opens the connection again
    when it broke. `call` sends any words, `call_many` and `pipeline` send many at once. For one thread at a
    time.
    """
