"""Controls: the session, and what sidebar and pages are built of. Streamlit around a request."""
