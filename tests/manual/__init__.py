"""The program explained."""
