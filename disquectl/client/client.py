"""`Client`: what `from disquectl import Client` gives. The whole of it is in `Core` and the command classes.

For those who come from another client:

- pydisque: `add_job` is `addjob` (`timeout` is `timeout_ms`, `async` is `asynchronous`), `get_job(queues)` is
  `getjob(*queues)` and gives dicts, `ack_job`, `nack_job`, `fast_ack`, `del_job` are `ackjob`, `nack`,
  `fastack`, `deljob`; `pause(q, kw_in=True)` is `pause(q, "in")`; `qstat` and `show` always give dicts;
  `execute_command` is `call`, `connected_node` is `node`. `connect` is not needed.
- cl-disque: `with-connection` is `with Client(...) as disque`; `with-persistent-connection` and the
  `:reconnect` restart are how every client behaves, as far as nothing is done twice; `:leave` and
  `:replace` are to keep the client, or `connect(replace=True)`; `with-pipelining` is `pipeline()`;
  `*echo-p*` and `*echo-stream*` are a `Tap`.
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
