"""What a command is: its declaration, its parameters and their types. Knows no socket and no settings."""
