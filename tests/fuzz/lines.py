"""A line for each command that asks a server, and more where options lead elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from disquectl.commands import all_commands

from .replies import DEAD_ID, JOB_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.spec.command import Command

ID = JOB_ID.decode()

# In a line `<` parts off what stands on stdin.
LINES = f"""
addjob mail hello
addjob mail hello --retry 60 --ttl 2h
addjob mail --lines < one\\ntwo\\n
addjob --jsonl < {{"queue": "mail", "body": "x", "replicate": 2}}\\n
dump
dump mail --limit 3
load - --yes < {{"id": "{ID}", "queue": "mail", "body": "x", "replicate": 2}}\\n
load - --yes -o json --even-if-present < {{"queue": "mail", "body": "x"}}\\n{{"queue": "q", "body": ""}}\\n
load - --dry-run < {{"id": "{ID}", "queue": "mail", "body": "x"}}\\n
getjob mail --nohang
getjob mail --withcounters --count 5 --timeout 5s --ack
getjob mail --max-jobs 3 --ack
getjob mail --idle 0 --max-jobs 5 --withcounters --ack
ack {ID}
ack - < {ID}\\n
fastack {ID} {DEAD_ID.decode()}
nack {ID}
enqueue {ID}
dequeue {ID}
deljob {ID}
deljob {ID} --cluster
working {ID}
show {ID}
show {ID} {DEAD_ID.decode()}
show {ID} --cluster
qlen mail
qlen mail sms
qlen mail --cluster
qstat mail
qstat mail sms
qstat mail --cluster
qpeek mail
qpeek mail --cluster
qscan
qscan --cluster
qscan --cursor 7
jscan
jscan --reply all
jscan --reply all --cluster
pause mail
pause mail in
pause mail --cluster
info
info server --cluster
hello
hello --cluster
ping
ping hello
ping --cluster
time
config get *
config set hz 10
config rewrite
config resetstat
client list
client getname
client setname me
client kill 127.0.0.1:1
client pause 1ms
client reply on
cluster nodes
cluster info
cluster myid
cluster meet 127.0.0.1 7712
cluster forget {"6" * 40}
cluster reset soft
cluster leaving yes
cluster saveconfig
slowlog get
slowlog len
slowlog reset
latency latest
latency history command
latency graph command
latency doctor
latency reset
command
command info addjob
command count
monitor
bgrewriteaof
shutdown
debug flushall
loadjob x
nodes
consumers
consumers q
queues
doctor --interval 1ms
check queue mail --interval 1ms -w 3
check queue * --interval 1ms
check cluster
check node
check dead
check ping -w 1
metrics
queues --estimate
jobs
jobs mail --limit 1
jobs --ids
trace {ID}
dead
dead list mail
stat --every 1ms --times 2
top -b --every 1ms --times 2
stat mail --every 1ms --times 2 -o json
bench --produce --jobs 5 --clients 1 --yes
bench --consume --jobs 5 --clients 1 --yes -o json
wait mail --empty --timeout 50ms
wait mail --length 1 --timeout 50ms
wait --job {ID} --timeout 50ms
wait --ready --timeout 50ms
ping --times 2 --every 1ms
ping --times 2 --every 1ms --cluster -o json
purge mail --yes
purge --all-queues --yes --older-than 0s --state queued --state in-flight --state waiting -o json
purge mail --dry-run
dump
dump mail --older-than 0s --state in-flight
load - --yes < {{"queue": "mail", "body": "x", "id": "{ID}", "replicate": 2}}\n
load - --yes -o json --to other --even-if-present < {{"queue": "mail", "body": "x"}}\n
requeue mail --yes
requeue mail --yes --state in-flight -o jsonl
move mail --to other --yes
move mail --to other --yes --keep -o json
move mail --to other --yes --state in-flight --at-most-once --async
dead show {ID}
dead retry {DEAD_ID.decode()}
dead drop {DEAD_ID.decode()}
dead failing
exec QLEN mail
exec GET x
exec CONFIG GET *
exec - < QLEN mail\\nSHOW {ID}\\nGETJOB NOHANG FROM mail\\n
work -q mail --max-jobs 2 --burst -- true
"""


def lines() -> list[tuple[list[str], bytes]]:
    """The words of each line, and its stdin."""
    found = []
    for line in LINES.strip().splitlines():
        words, _, stdin = line.partition(" < ")
        found.append((words.split(" "), stdin.replace("\\n", "\n").encode()))
    return found


def asking() -> Iterator[str]:
    """The names of all commands and subcommands that ask a server."""
    for command in all_commands():
        if command.name == "debug":
            yield command.name  # its subcommands differ in their words alone
        elif command.connects and command.name != "shell":
            yield from _named(command, command.name)


def _named(command: Command, name: str) -> Iterator[str]:
    if command.is_callable and command.connects:
        yield name
    for inner in command.subcommands:
        yield from _named(inner, f"{name} {inner.name}")
