"""Records to text: one module per format. `output` picks the format, `escape` makes text safe to show."""
