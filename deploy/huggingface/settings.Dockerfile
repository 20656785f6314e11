
# What differs in a Space, which is shown as a frame of huggingface.co. There browsers keep the cookie
# against forged requests (XSRF) to themselves, with SameSite=None too (Safari, Chromium), and every
# upload fails with 403. So that protection is off in this image alone. What it guarded: another page
# on the web could send a file in a visitor's name, if it knew the random address of his session, and
# nobody is logged in here whose name were worth it. With [auth] in the secrets Streamlit keeps it on.
ENV ATTRIBUTION_FRAME_ANCESTORS="https://huggingface.co https://*.hf.space" \
    STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION=false \
    ATTRIBUTION_JOBS=0
