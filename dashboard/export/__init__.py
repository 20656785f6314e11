"""What leaves the dashboard as a file. Pure builders: nothing here draws on the page."""
