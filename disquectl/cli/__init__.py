"""The command line: from words to an exit code, and Typer for what the fast path does not understand."""
