"""Words and options of other tools, and what to type here instead.

From redis-cli, rabbitmqctl, nats, celery, and the usual words of command lines. Pure data.
"""

from __future__ import annotations

_DELETE = "disquectl deljob --cluster ID"
_EMPTY = "disquectl purge QUEUE"
_LIST = "disquectl queues"
_PEEK = "disquectl qpeek QUEUE"
_ADD = "disquectl addjob QUEUE BODY"
_TAKE = "disquectl getjob QUEUE --ack"
_RETRY = "disquectl dead retry QUEUE"
_REQUEUE = "disquectl enqueue --cluster ID"
_LENGTH = "disquectl queues QUEUE"
_NODES = "disquectl nodes"
_TOP = "disquectl top"
_CONSUMERS = "disquectl consumers"
_CLIENTS = "disquectl client list"
_JOB = "disquectl trace ID"
_WORK = "disquectl work -q QUEUE -- COMMAND"
_RESUME = "disquectl pause QUEUE none"
_COUNTERS = "disquectl info"

# Word -> the command line to suggest.
COMMANDS = {
    # Anywhere.
    "delete": _DELETE,
    "del": _DELETE,
    "rm": _DELETE,
    "remove": _DELETE,
    "discard": _DELETE,
    "ls": _LIST,
    "list": _LIST,
    "queue": _LIST,
    "job": "disquectl jobs",
    "get": _JOB,
    "inspect": _JOB,
    "find": "disquectl jobs --grep TEXT",
    "search": "disquectl jobs --grep TEXT",
    "grep": "disquectl jobs --grep TEXT",
    "flush": _EMPTY,
    "empty": _EMPTY,
    "clear": _EMPTY,
    "drain": _EMPTY,
    "retry": _RETRY,
    "release": _REQUEUE,
    "count": _LENGTH,
    "len": _LENGTH,
    "length": _LENGTH,
    "size": _LENGTH,
    "depth": _LENGTH,
    "peek": _PEEK,
    "head": _PEEK,
    "tail": "disquectl qpeek QUEUE -10",
    "add": _ADD,
    "put": _ADD,
    "push": _ADD,
    "send": _ADD,
    "enq": _ADD,
    "produce": _ADD,
    "take": _TAKE,
    "pop": _TAKE,
    "receive": _TAKE,
    "reserve": _TAKE,
    "consume": _TAKE,
    "touch": "disquectl working ID",
    "reject": "disquectl nack ID",
    "worker": _WORK,
    "run": _WORK,
    "resume": _RESUME,
    "unpause": _RESUME,
    "stop": "disquectl shutdown --node HOST:PORT",
    "workers": _CONSUMERS,
    "consumer": _CONSUMERS,
    "connections": _CLIENTS,
    "clients": _CLIENTS,
    "node": _NODES,
    "status": _NODES,
    "health": _NODES,
    "stats": _COUNTERS,
    "memory": "disquectl info memory",
    "watch": _TOP,
    "dash": _TOP,
    "dashboard": _TOP,
    "vmstat": "disquectl stat",
    "version": "disquectl --version",
    "login": "disquectl --ask-password",
    "connect": "disquectl --node HOST:PORT",
    "repl": "disquectl shell",
    "server": "disquectl info server",
    "dlq": "disquectl dead",
    "failed": "disquectl dead",
    # redis-cli.
    "keys": _LIST,
    "scan": "disquectl qscan",
    "llen": _LENGTH,
    "lrange": _PEEK,
    "lpush": _ADD,
    "rpush": _ADD,
    "xadd": _ADD,
    "publish": _ADD,
    "lpop": _TAKE,
    "rpop": _TAKE,
    "blpop": _TAKE,
    "brpop": _TAKE,
    "dbsize": "disquectl info jobs",
    "flushall": "disquectl debug flushall --node HOST:PORT",
    "flushdb": "disquectl debug flushall --node HOST:PORT",
    "auth": "disquectl --ask-password",
    "echo": "disquectl ping TEXT",
    "save": "disquectl bgrewriteaof --node HOST:PORT",
    "bgsave": "disquectl bgrewriteaof --node HOST:PORT",
    # rabbitmqctl and rabbitmqadmin.
    "list_queues": _LIST,
    "list_consumers": _CONSUMERS,
    "list_connections": _CLIENTS,
    "list_channels": _CLIENTS,
    "purge_queue": _EMPTY,
    "delete_queue": _EMPTY,
    "cluster_status": _NODES,
    "join_cluster": "disquectl cluster meet IP PORT --node HOST:PORT",
    "forget_cluster_node": "disquectl cluster forget NODE-ID --node HOST:PORT",
    "stop_app": "disquectl shutdown --node HOST:PORT",
    "environment": "disquectl config get '*'",
    "declare": _ADD,
    # nats.
    "stream": _LIST,
    "pub": _ADD,
    "sub": "disquectl getjob QUEUE --follow",
    "subscribe": "disquectl getjob QUEUE --follow",
    "context": "disquectl profile list",
    "account": "disquectl profile list",
    "rtt": "disquectl ping",
    # celery.
    "active": "disquectl jobs --state in-flight",
    "scheduled": "disquectl jobs --state delayed",
    "reserved": "disquectl jobs --state in-flight",
    "events": "disquectl monitor",
    "control": "disquectl pause QUEUE",
    "result": _JOB,
    "revoke": _DELETE,
    "call": _ADD,
}

# Option -> what to give here instead.
OPTIONS = {
    "--host": "--node HOST:PORT",
    "--hostname": "--node HOST:PORT",
    "--port": "--node HOST:PORT",
    "--server": "--node HOST:PORT",
    "--servers": "--node HOST:PORT",
    "--addr": "--node HOST:PORT",
    "--address": "--node HOST:PORT",
    "--nodes": "--node HOST:PORT",
    "--broker": "--url disque://HOST:PORT",
    "--uri": "--url disque://HOST:PORT",
    "-p": "--node HOST:PORT",
    "-s": "--node HOST:PORT",
    "-H": "--node HOST:PORT",
    "-b": "--url disque://HOST:PORT",
    "-a": "--password-file FILE or --ask-password",
    "--auth": "--password-file FILE or --ask-password",
    "--askpass": "--ask-password",
    "--pass": "--password-file FILE or --ask-password",
    "--password": "--password-file FILE or --ask-password",
    "--user": "--password-file FILE (Disque has a password and no users)",
    "--context": "--profile NAME",
    "--json": "-o json",
    "--jsonl": "-o jsonl",
    "--csv": "-o csv",
    "--tsv": "-o tsv",
    "--raw": "-o raw",
    "--plain": "-o plain",
    "--table": "-o table",
    "--format": "--output FORMAT",
    "--formatter": "--output FORMAT",
    "--fields": "--columns A,B",
    "--no-headers": "--no-header",
    "--no-color": "--color never",
    "--colour": "--color",
    "-q": "--quiet",
    "--silent": "--quiet",
    "-v": "--echo",
    "--verbose": "--echo",
    "--trace": "--echo",
    "--debug": "--echo",
    "--force": "--yes",
    "-f": "--yes or --follow",
    "--all": "--cluster",
    "-c": "--cluster",
    "--timeout": "--response-timeout DURATION",
    "--tlscacert": "--cacert FILE",
    "--tlscert": "--cert FILE",
    "--tlskey": "--key FILE",
    "--tlsca": "--cacert FILE",
    "--ca": "--cacert FILE",
    "--scan": "the command `disquectl qscan`",
    "--stat": "the command `disquectl queues`",
    "--bigkeys": "the command `disquectl queues --sort queued`",
    "--latency": "the command `disquectl latency latest`",
    "--pipe": "the command `disquectl exec -`",
    "-x": "the command `disquectl addjob QUEUE -`",
}


def habit_of_command(word: str) -> str:
    """The command line to suggest for a word that is not a command here; "" if the word is not known."""
    return COMMANDS.get(word.lower().replace("-", "_"), "")
