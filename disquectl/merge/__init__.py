"""Many nodes' records made into one answer: plain functions over replies, without sockets and clocks."""
