# TAB completion of disquectl for fish: made by `disquectl completion fish`.
set -g __disquectl_commands \
    addjob\t'Add a job to a queue and print its ID.' \
    getjob\t'Take jobs from queues, waiting until there is one.' \
    ack\t'Acknowledge jobs: they are done.' \
    fastack\t'Acknowledge jobs quickly, at the risk of another delivery.' \
    nack\t'Put failed jobs back into their queue at once.' \
    working\t'Say that a job is still being worked on.' \
    show\t'Show all that a node knows about jobs.' \
    enqueue\t'Put jobs into their queue before their time.' \
    dequeue\t'Take jobs out of their queue until their retry time.' \
    deljob\t'Delete jobs on one node.' \
    qlen\t'Print how many jobs are queued.' \
    qstat\t'Show the state of queues: length, age, rates, pause.' \
    qpeek\t'Look at queued jobs without taking them.' \
    qscan\t'List the queues of a node, each name once.' \
    jscan\t'List the jobs of a node, each ID once.' \
    pause\t'Pause a queue, or show whether it is paused.' \
    info\t'Show the state of a server: memory, clients, jobs, statistics.' \
    hello\t'Show the node that answers and the nodes it knows.' \
    ping\t'Check that a node answers.' \
    time\t'Print the clock of a server.' \
    config\t'Show or change the settings of a server.' \
    client\t'List, name, hold up or close the connections of a server.' \
    cluster\t'Show or change the cluster as one node sees it.' \
    slowlog\t'Show the commands that took the server longest.' \
    latency\t'Show when and by what the server was held up.' \
    command\t'List the commands that the server knows.' \
    monitor\t'Watch every command that a server gets.' \
    bgrewriteaof\t'Rewrite the append only file in the background.' \
    shutdown\t'Stop a server.' \
    debug\t'Do things to a server that only a test should.' \
    loadjob\t'Load a job as the append only file holds it (refused from clients).' \
    nodes\t'List the nodes of the cluster, and how they see each other.' \
    queues\t'List the queues of the whole cluster.' \
    jobs\t'List the jobs of the whole cluster, each once, with its state.' \
    trace\t'Show a job as every node sees it, side by side.' \
    explain\t'Explain an error code, a job ID, or a field of show, qstat or info.' \
    work\t'Run a command for each job, with retries and a dead queue.' \
    dead\t'List, retry or drop the jobs that a worker gave up.' \
    exec\t'Send words as they are, or one command a line from stdin.' \
    shell\t'Type commands, with completion, hints and history.' \
    sandbox\t'Run an in-memory server to try things out, or a command beside one.' \
    profile\t'Keep nodes, password, TLS and habits under a name.' \
    help\t'Explain a command, or a topic such as delivery or exit-codes.' \
    cheat\t'Show worked examples, by task.' \
    describe\t'Print the whole program as JSON: commands, options, exit codes.' \
    completion\t'Print the script for TAB completion in bash, zsh or fish.'

function __disquectl_complete
    set -l words (commandline -opc)
    set -l answer commands
    if test (count $words) -gt 1; or string match -q -- '-*' (commandline -ct)
        set -l line (commandline -cp | string collect)
        set answer (command $words[1] __complete fish $line 2>/dev/null | string split0)
    end
    switch "$answer[1]"
        case commands
            printf '%s\n' $__disquectl_commands
            return
        case files
            __fish_complete_path (commandline -ct)
    end
    if set -q answer[2]
        string join0 -- $answer[2..-1] | string split0
    end
end

complete -c disquectl -f -a '(__disquectl_complete)'
