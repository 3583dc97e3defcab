"""Dialogues recorded from Disque 1.0-rc1, and what plays them."""
