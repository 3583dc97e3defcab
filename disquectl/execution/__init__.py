"""How any command runs: parsing, guards, requests, output and signals. Knows no single command."""
