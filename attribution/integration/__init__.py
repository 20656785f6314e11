"""Where the nodes of a path go, and how far off the sum over them is."""
