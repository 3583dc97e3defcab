"""The interactive shell: the grammar of a line (pure), and the terminal around it."""
