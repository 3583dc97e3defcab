"""TAB completion, as data and in the real shells."""
