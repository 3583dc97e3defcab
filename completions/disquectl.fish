# TAB completion of disquectl for fish: made by `disquectl completion fish`.
function __disquectl_at_command
    test (count (commandline -opc)) -eq 1; and not string match -q -- '-*' (commandline -ct)
end

function __disquectl_complete
    set -l program (commandline -opc)[1]
    set -l line (commandline -cp | string collect)
    set -l answer (command $program __complete fish $line 2>/dev/null | string split0)
    if test "$answer[1]" = files
        __fish_complete_path (commandline -ct)
    end
    if set -q answer[2]
        string join0 -- $answer[2..-1] | string split0
    end
end

complete -c disquectl -f
complete -c disquectl -n __disquectl_at_command -a addjob -d 'Add a job to a queue and print its ID.'
complete -c disquectl -n __disquectl_at_command -a getjob -d 'Take jobs from queues, waiting until there is one.'
complete -c disquectl -n __disquectl_at_command -a ack -d 'Acknowledge jobs: they are done.'
complete -c disquectl -n __disquectl_at_command -a fastack -d 'Acknowledge jobs quickly, at the risk of another delivery.'
complete -c disquectl -n __disquectl_at_command -a nack -d 'Put failed jobs back into their queue at once.'
complete -c disquectl -n __disquectl_at_command -a working -d 'Say that a job is still being worked on.'
complete -c disquectl -n __disquectl_at_command -a show -d 'Show all that a node knows about jobs.'
complete -c disquectl -n __disquectl_at_command -a enqueue -d 'Put jobs into their queue before their time.'
complete -c disquectl -n __disquectl_at_command -a dequeue -d 'Take jobs out of their queue until their retry time.'
complete -c disquectl -n __disquectl_at_command -a deljob -d 'Delete jobs on one node.'
complete -c disquectl -n __disquectl_at_command -a qlen -d 'Print how many jobs are queued.'
complete -c disquectl -n __disquectl_at_command -a qstat -d 'Show the state of queues: length, age, rates, pause.'
complete -c disquectl -n __disquectl_at_command -a qpeek -d 'Look at queued jobs without taking them.'
complete -c disquectl -n __disquectl_at_command -a qscan -d 'List the queues of a node, each name once.'
complete -c disquectl -n __disquectl_at_command -a jscan -d 'List the jobs of a node, each ID once.'
complete -c disquectl -n __disquectl_at_command -a pause -d 'Pause a queue, or show whether it is paused.'
complete -c disquectl -n __disquectl_at_command -a info -d 'Show the state of a server: memory, clients, jobs, statistics.'
complete -c disquectl -n __disquectl_at_command -a hello -d 'Show the node that answers and the nodes it knows.'
complete -c disquectl -n __disquectl_at_command -a ping -d 'Check that a node answers.'
complete -c disquectl -n __disquectl_at_command -a time -d 'Print the clock of a server.'
complete -c disquectl -n __disquectl_at_command -a config -d 'Show or change the settings of a server.'
complete -c disquectl -n __disquectl_at_command -a client -d 'List, name, hold up or close the connections of a server.'
complete -c disquectl -n __disquectl_at_command -a cluster -d 'Show or change the cluster as one node sees it.'
complete -c disquectl -n __disquectl_at_command -a slowlog -d 'Show the commands that took the server longest.'
complete -c disquectl -n __disquectl_at_command -a latency -d 'Show when and by what the server was held up.'
complete -c disquectl -n __disquectl_at_command -a command -d 'List the commands that the server knows.'
complete -c disquectl -n __disquectl_at_command -a monitor -d 'Watch every command that a server gets.'
complete -c disquectl -n __disquectl_at_command -a bgrewriteaof -d 'Rewrite the append only file in the background.'
complete -c disquectl -n __disquectl_at_command -a shutdown -d 'Stop a server.'
complete -c disquectl -n __disquectl_at_command -a debug -d 'Do things to a server that only a test should.'
complete -c disquectl -n __disquectl_at_command -a loadjob -d 'Load a job as the append only file holds it (refused from clients).'
complete -c disquectl -n __disquectl_at_command -a nodes -d 'List the nodes of the cluster, and how they see each other.'
complete -c disquectl -n __disquectl_at_command -a queues -d 'List the queues of the whole cluster.'
complete -c disquectl -n __disquectl_at_command -a jobs -d 'List the jobs of the whole cluster, each once, with its state.'
complete -c disquectl -n __disquectl_at_command -a trace -d 'Show a job as every node sees it, side by side.'
complete -c disquectl -n __disquectl_at_command -a explain -d 'Explain an error code, a job ID, or a field of show, qstat or info.'
complete -c disquectl -n __disquectl_at_command -a work -d 'Run a command for each job, with retries and a dead queue.'
complete -c disquectl -n __disquectl_at_command -a exec -d 'Send words as they are, or one command a line from stdin.'
complete -c disquectl -n __disquectl_at_command -a shell -d 'Type commands, with completion, hints and history.'
complete -c disquectl -n __disquectl_at_command -a sandbox -d 'Run an in-memory server to try things out, or a command beside one.'
complete -c disquectl -n __disquectl_at_command -a profile -d 'Keep nodes, password, TLS and habits under a name.'
complete -c disquectl -n __disquectl_at_command -a help -d 'Explain a command, or a topic such as delivery or exit-codes.'
complete -c disquectl -n __disquectl_at_command -a cheat -d 'Show worked examples, by task.'
complete -c disquectl -n __disquectl_at_command -a describe -d 'Print the whole program as JSON: commands, options, exit codes.'
complete -c disquectl -n __disquectl_at_command -a completion -d 'Print the script for TAB completion in bash, zsh or fish.'
complete -c disquectl -n 'not __disquectl_at_command' -a '(__disquectl_complete)'
