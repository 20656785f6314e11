"""Pages. Each asks the engine and lays out figures and sentences."""
