"""The commands that the sandbox answers, a module a subject; `table` lists them all."""
