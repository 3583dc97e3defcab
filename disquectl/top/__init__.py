"""The live screen: what is sampled, what is shown of it (pure), and the terminal around both."""
