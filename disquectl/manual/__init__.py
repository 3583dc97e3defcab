"""The program explained: the pages of help/, the man page, and a description for other programs.

Reads the rows and the pages; knows no connection and neither Typer nor the shell.
"""
