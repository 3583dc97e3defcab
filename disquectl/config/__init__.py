"""Settings and their precedence, the config file, profiles and passwords."""
