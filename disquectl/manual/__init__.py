"""The manual: help pages, man page, and the description of the program as data.

Reads declarations and pages; knows neither connections, nor Typer, nor the shell.
"""
