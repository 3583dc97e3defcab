"""The client below `disquectl.Client`: addresses, connections, one rule of resending. Knows no terminal."""
