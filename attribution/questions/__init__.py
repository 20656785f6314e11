"""What is asked, checked once and turned into arrays; what is found, gathered into results."""
