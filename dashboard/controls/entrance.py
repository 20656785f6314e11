"""Entrance: who must log in before anything is shown, where the server says so (OpenID Connect)."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.runtime.secrets import secrets_singleton

from dashboard import settings
from dashboard.text import markdown

_SAID = ("redirect_uri", "cookie_secret")
_PROVIDER = ("client_id", "client_secret", "server_metadata_url")


def missing() -> str:
    """What a server lacks on which one must log in, in one sentence; empty where nothing."""
    if not settings.login():
        return ""
    if importlib.util.find_spec("authlib") is None:
        return f"{settings.LOGIN} needs Authlib: pip install streamlit[auth]."
    auth = _auth()
    absent = [name for name in _SAID if name not in auth]
    if absent or not _providers(auth):
        named = ", ".join(absent or _PROVIDER)
        return f"{settings.LOGIN} needs {named} under [auth] in .streamlit/secrets.toml."
    return ""


def closed() -> bool:
    """Whether this session may not come in yet; then the page says how it may."""
    if not settings.login():
        return False
    if lacks := missing():
        st.error(markdown(lacks))
        return True
    if not st.user.is_logged_in:
        st.title("Log in to go on", anchor=False)
        for provider in _providers(_auth()):
            label = "Log in" if provider == "default" else f"Log in with {provider}"
            st.button(markdown(label), key=f"login-{provider}", on_click=st.login, args=(provider,))
        return True
    if not admitted(st.user):
        st.error(markdown(f"{st.user.get('email') or 'This account'} is not let in here."))
        way_out()
        return True
    return False


def admitted(user: Mapping[str, Any]) -> bool:
    """Whether the server lets in whom the provider has named."""
    allowed, email = settings.login(), str(user.get("email") or "").lower()
    if "1" in allowed:
        return True
    known = bool(email) and user.get("email_verified") is not False
    return known and (email in allowed or f"@{email.rpartition('@')[2]}" in allowed)


def way_out() -> None:
    """A button, for who is logged in."""
    if settings.login() and st.user.get("is_logged_in"):
        st.button("Log out", key="logout", on_click=st.logout)


def _auth() -> Mapping[str, Any]:
    """What the secrets say of it."""
    found = secrets_singleton.get("auth") if secrets_singleton.load_if_toml_exists() else None
    return found if isinstance(found, Mapping) else {}


def _providers(auth: Mapping[str, Any]) -> list[str]:
    """Those that are described in full."""
    sections = {"default": auth, **{n: v for n, v in auth.items() if isinstance(v, Mapping)}}
    return [name for name, said in sections.items() if all(n in said for n in _PROVIDER)]
