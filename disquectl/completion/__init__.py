"""TAB completion in bash, zsh and fish, from the declarations of the commands.

The scripts of the shells pass the line (`disquectl __complete SHELL ...`) and show the result. It answers
quickly or not at all, and knows neither Typer nor the interactive shell.
"""
