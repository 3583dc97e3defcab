"""The commands of the sandbox, one module per subject; `table` lists them."""
