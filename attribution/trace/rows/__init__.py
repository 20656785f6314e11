"""Which entries of every tensor belong to which example, and on which axis the channels are."""
