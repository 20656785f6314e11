"""The Streamlit app. It shows what `attribution` computes; nothing imports it."""
