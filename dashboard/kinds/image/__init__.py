"""Pictures: read, compared with, and scored over."""
