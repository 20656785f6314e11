#!/bin/sh
# Fill a clone of a Space with all that it needs; then commit and push there:
#   git clone https://huggingface.co/spaces/OWNER/NAME ../space
#   deploy/huggingface/space.sh ../space
set -eu
space=$1
cd "$(dirname "$0")/../.."
mkdir -p "$space/deploy"
for part in .streamlit assets attribution dashboard; do
    rm -rf "${space:?}/$part"
    git ls-files -z "$part" | xargs -0 cp --parents --target-directory "$space"
done
cp LICENSE "$space"
cp deploy/requirements.lock "$space/deploy"
cp deploy/huggingface/README.md "$space/README.md"
cat deploy/Dockerfile deploy/huggingface/settings.Dockerfile > "$space/Dockerfile"
