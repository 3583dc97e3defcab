"""TAB on the user's machine: what may come next in a line of bash, zsh or fish, from the rows.

The shells' scripts hand the line over (`disquectl __complete SHELL ...`) and show what comes back. It answers
quickly or not at all, and knows neither Typer nor the interactive shell.
"""
