"""Records in, bytes out: the formats, without a server."""
