"""The options that every command takes, before its name or after it.

Data only; config/settings.py combines them with the environment and the profile.
"""

from __future__ import annotations

from disquectl.spec.param_types import COLUMNS, DURATION, FILE, FLAG, NODE, PROFILE, URL, one_of
from disquectl.spec.parameters import Option

MEANINGS = {
    "table": "for people",
    "plain": "lines for scripts, tabs between fields",
    "json": "one document",
    "jsonl": "one object per line",
    "csv": "RFC 4180, with a header",
    "tsv": "plain with a header",
    "raw": "the bytes, unescaped",
}
FORMATS = tuple(MEANINGS)
OUTPUT = one_of(*FORMATS, noun="format", meanings=MEANINGS)
COLOR = one_of("auto", "always", "never", noun="color mode", meanings={"auto": "on a terminal"})

CONNECTING: tuple[Option, ...] = (
    Option(
        "--node",
        NODE,
        "Connect to this seed node. Repeat it or separate nodes with commas; they are tried in order. "
        "Also [::1]:7711, host, :7712, unix:/path.",
        short="-n",
        many=True,
        unset="$DISQUE_NODES, else 127.0.0.1:7711",
    ),
    Option(
        "--url",
        URL,
        "Connect to the seeds of this URL: disque://[:password@]host[:port][,host[:port]...].",
        short="-u",
        unset="$DISQUE_URL",
    ),
    Option("--profile", PROFILE, "Use this profile of the config file.", short="-P", unset="$DISQUE_PROFILE"),
    Option("--password-file", FILE, "Read the password from this file.", unset="$DISQUE_PASSWORD"),
    Option("--ask-password", FLAG, "Ask for the password on the terminal."),
    Option("--tls", FLAG, "Use TLS for all nodes, also for discovered ones; disques:// does the same."),
    Option("--cacert", FILE, "Trust the certificate authorities of this PEM file instead of the system's."),
    Option("--cert", FILE, "Present this client certificate (PEM)."),
    Option("--key", FILE, "Read the private key of --cert from this file, if it is not in the same one."),
    Option("--insecure", FLAG, "Do not verify the node's certificate."),
    Option("--connect-timeout", DURATION, "Wait this long for a connection.", unset="5s"),
    Option(
        "--response-timeout",
        DURATION,
        "Wait this long for a reply; addjob and getjob add their own timeout.",
        unset="30s",
    ),
)

GENERAL: tuple[Option, ...] = (
    Option(
        "--config", FILE, "Read this config file.", unset="$DISQUECTL_CONFIG, else the user's config.toml"
    ),
    Option(
        "--output",
        OUTPUT,
        "Write the result in this format.",
        short="-o",
        unset="table on a terminal, else plain",
    ),
    Option("--columns", COLUMNS, "Show only these columns, in this order: A,B."),
    Option("--no-header", FLAG, "Omit the header of table, csv and tsv, and the line below a table."),
    Option("--null-output", FLAG, "With -o raw: separate results with NUL instead of a newline."),
    Option("--echo", FLAG, "Show the raw protocol traffic on stderr."),
    Option("--echo-to", FILE, "Append the raw protocol traffic to this file (mode 0600)."),
    Option("--color", COLOR, "Use colors; overrides NO_COLOR and FORCE_COLOR.", unset="auto"),
    Option("--yes", FLAG, "Skip confirmation questions.", short="-y"),
    Option("--yes-really", PROFILE, "Skip confirmation questions, even under this protected profile."),
    Option(
        "--read-only", FLAG, "Refuse commands that could change the cluster.", unset="$DISQUECTL_READ_ONLY"
    ),
    Option("--no-pager", FLAG, "Do not send output that is longer than the screen through $PAGER."),
    Option("--no-cluster", FLAG, "Ask one node, whatever the profile and DISQUECTL_CLUSTER say."),
    Option("--quiet", FLAG, "Print no warnings and no progress."),
    Option("--show-secrets", FLAG, "Show passwords instead of ***."),
)

GLOBAL_OPTIONS = CONNECTING + GENERAL
