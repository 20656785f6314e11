"""Views: the pages. Not "pages", a folder that Streamlit would make pages of by itself."""
