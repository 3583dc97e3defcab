"""What the commands do that are more than a request: a module each, named as the command that starts it."""
