"""Request: what is asked and how it is looked at, as plain values; links and forms. Pure."""
