"""Figures: arrays in, a Plotly figure out. Nothing here attributes, or knows Streamlit."""
