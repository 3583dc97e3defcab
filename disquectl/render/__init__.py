"""Records to text, a module a format; `output` picks one, `escape` makes any text safe to show."""
