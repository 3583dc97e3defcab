# TAB completion of disquectl for fish: made by `disquectl completion fish`.
set -g __disquectl_commands \
    queues\t'List the queues of the whole cluster.' \
    jobs\t'List the jobs of the whole cluster, each once, with its state.' \
    nodes\t'List the nodes of the cluster, and how they see each other.' \
    doctor\t'Say what is wrong with the cluster, and what to do about it.' \
    check\t'Check a queue, the cluster or a node for Nagios or Icinga.' \
    metrics\t'Print the figures of the cluster for Prometheus, or answer scrapes.' \
    consumers\t'List the consumers of the whole cluster, or of one queue.' \
    top\t'Watch the whole cluster on one screen, and act on its queues.' \
    stat\t'Print a line of figures of the whole cluster each second.' \
    trace\t'Show a job as every node sees it, side by side.' \
    dead\t'List, retry or drop the jobs that a worker gave up.' \
    purge\t'Delete the jobs of queues, or some of them, on all nodes.' \
    move\t'Move the jobs of queues, or some of them, to another queue or cluster.' \
    requeue\t'Put jobs into their queue now, before their delay or retry time ends.' \
    dump\t'Save whole jobs of the cluster as JSON lines, for load.' \
    load\t'Add the jobs of a dump again.' \
    wait\t'Wait until queues are empty, jobs are gone, or nodes answer.' \
    bench\t'Measure how fast the cluster adds and delivers jobs.' \
    work\t'Run a command for each job, with retries and a dead queue.' \
    addjob\t'Add a job to a queue and print its ID.' \
    getjob\t'Take jobs from queues, and wait until there is one.' \
    ack\t'Acknowledge jobs as done.' \
    fastack\t'Acknowledge jobs quickly, at the risk of another delivery.' \
    nack\t'Put failed jobs back into their queue at once, or after --delay.' \
    working\t'Report that a job is still being processed.' \
    show\t'Show all that a node knows about jobs.' \
    enqueue\t'Queue jobs now, before their delay or retry time ends.' \
    dequeue\t'Take jobs out of their queue until their retry time.' \
    deljob\t'Delete jobs on one node.' \
    qlen\t'Print how many jobs are queued.' \
    qstat\t'Show the state of queues: length, age, rates, pause.' \
    qpeek\t'Look at queued jobs without taking them.' \
    qscan\t'List the queues of a node, each name once.' \
    jscan\t'List the jobs of a node, each ID once.' \
    pause\t'Pause or resume a queue, or show its state.' \
    info\t'Show the state of a server: memory, clients, jobs, statistics.' \
    hello\t'Show the node that answers and the nodes it knows.' \
    ping\t'Check that a node answers, and how fast.' \
    time\t'Print the time of a server\'s clock.' \
    config\t'Show or change the settings of a server.' \
    client\t'List, name, pause or close a server\'s connections.' \
    cluster\t'Show or change the cluster as one node sees it.' \
    slowlog\t'Show the commands that took the server longest.' \
    latency\t'Show latency spikes and their causes.' \
    command\t'List the commands that the server knows.' \
    monitor\t'Watch every command that a server receives.' \
    bgrewriteaof\t'Rewrite the append only file in the background.' \
    shutdown\t'Stop a server.' \
    debug\t'Test and crash commands; never use them on a live server.' \
    loadjob\t'Load a job in the append only file\'s format (refused from clients).' \
    explain\t'Explain an error, a job ID, an exit code, a state or a column.' \
    exec\t'Send words unchanged, or commands from stdin, one per line.' \
    shell\t'Type commands interactively, with completion, hints and history.' \
    sandbox\t'Run an in-memory server for trials and tests, alone or beside a command.' \
    profile\t'Save connection settings and defaults under a name.' \
    help\t'Explain a command, or a topic such as delivery or exit-codes.' \
    cheat\t'Show worked examples, by task.' \
    describe\t'Describe the program as JSON: commands, options, exit codes.' \
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
