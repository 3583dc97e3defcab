"""The options that every command takes, before its name or after it.

Data only. What they mean together, with the environment, is config.py's business.
"""

from __future__ import annotations

from disquectl.spec.param_types import COLUMNS, DURATION, FILE, FLAG, NODE, PROFILE, TEXT, one_of
from disquectl.spec.parameters import Option

MEANINGS = {
    "table": "for people",
    "plain": "lines for scripts, tab between fields",
    "json": "one document",
    "jsonl": "an object a line",
    "csv": "RFC 4180, with a header",
    "tsv": "plain with a header",
    "raw": "the bytes as they are",
}
FORMATS = tuple(MEANINGS)
OUTPUT = one_of(*FORMATS, meanings=MEANINGS)
COLOR = one_of("auto", "always", "never", meanings={"auto": "where a terminal shows it"})

CONNECTING: tuple[Option, ...] = (
    Option(
        "--node",
        NODE,
        "A seed node, tried in order; repeat it or use commas. Also [::1]:7711, host, :7712, unix:/path.",
        short="-n",
        many=True,
        unset="$DISQUE_NODES, else 127.0.0.1:7711",
    ),
    Option(
        "--url",
        TEXT,
        "The seeds as disque://[:password@]host[:port][,host[:port]...].",
        short="-u",
        unset="$DISQUE_URL",
    ),
    Option("--profile", PROFILE, "A profile of the config file.", short="-P", unset="$DISQUE_PROFILE"),
    Option("--password-file", FILE, "Read the password from this file.", unset="$DISQUE_PASSWORD"),
    Option("--ask-password", FLAG, "Ask for the password on the terminal."),
    Option("--tls", FLAG, "Speak TLS, as disques:// does; for the nodes that are discovered, too."),
    Option("--cacert", FILE, "The authorities to trust (PEM), instead of the system's."),
    Option("--cert", FILE, "The client's certificate (PEM)."),
    Option("--key", FILE, "The key of --cert, where it is in a file of its own."),
    Option("--insecure", FLAG, "Do not verify the node's certificate."),
    Option("--connect-timeout", DURATION, "How long to wait for a connection.", unset="5s"),
    Option(
        "--response-timeout",
        DURATION,
        "How long to wait for a reply; addjob and getjob wait their own timeout on top.",
        unset="30s",
    ),
)

GENERAL: tuple[Option, ...] = (
    Option("--config", FILE, "The config file.", unset="$DISQUECTL_CONFIG, else the user's own"),
    Option(
        "--output",
        OUTPUT,
        "The format of the result.",
        short="-o",
        unset="table on a terminal, else plain",
    ),
    Option("--columns", COLUMNS, "Pick and order the columns: A,B."),
    Option("--no-header", FLAG, "No header in table, csv and tsv."),
    Option("--null-output", FLAG, "With -o raw: end with NUL where a newline would part two."),
    Option("--echo", FLAG, "Show the raw protocol traffic on stderr."),
    Option("--echo-to", FILE, "Append the raw protocol traffic to this file (mode 0600)."),
    Option("--color", COLOR, "Colours; beats NO_COLOR and FORCE_COLOR.", unset="auto"),
    Option("--yes", FLAG, "Do not ask.", short="-y"),
    Option("--yes-really", PROFILE, "Do not ask, not even under this protected profile."),
    Option("--read-only", FLAG, "Refuse whatever could change the cluster.", unset="$DISQUECTL_READ_ONLY"),
    Option("--quiet", FLAG, "No warnings, no progress."),
    Option("--show-secrets", FLAG, "Show passwords instead of ***."),
)

GLOBAL_OPTIONS = CONNECTING + GENERAL
