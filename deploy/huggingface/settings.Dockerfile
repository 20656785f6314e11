
# What differs in a Space, which is shown as a frame of huggingface.co. The cookie against forged
# requests (XSRF) must be allowed in frames of other sites, or every upload there fails with 403.
# That keeps the protection on. Safari allows no such cookie: who uses it opens the Space's own
# address. STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION=false among the Space's variables ends that too,
# and lets any site send files in the name of your visitors: never do so with ATTRIBUTION_LOGIN.
ENV ATTRIBUTION_FRAME_ANCESTORS="https://huggingface.co https://*.hf.space" \
    STREAMLIT_SERVER_XSRF_COOKIE_SAME_SITE=none \
    ATTRIBUTION_JOBS=0
