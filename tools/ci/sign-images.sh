#!/bin/sh
# Signs what tools/ci/build-images.sh has pushed, by digest, and attests its bill of materials: REGISTRY=… tools/ci/sign-images.sh
# Needs cosign, and COSIGN_KEY (a file, or a reference to a key service); the password of a file is in COSIGN_PASSWORD.
set -eu
cd "$(dirname "$0")/../.."
registry=${REGISTRY:?REGISTRY is not set}
key=${COSIGN_KEY:?COSIGN_KEY is not set}
command -v cosign >/dev/null || { echo "cosign is not on this machine" >&2; exit 1; }
signed=0
for metadata in tmp/image-*.json; do
  [ -e "$metadata" ] || continue
  name=$(basename "$metadata" .json); name=${name#image-}
  digest=$(sed -n 's/.*"containerimage.digest": *"\(sha256:[0-9a-f]*\)".*/\1/p' "$metadata" | head -n 1)
  case $digest in sha256:*) ;; *) echo "$metadata tells no digest" >&2; exit 1 ;; esac
  cosign sign --yes --key "$key" "$registry/$name@$digest"
  [ ! -e tmp/sbom.cdx.json ] || cosign attest --yes --key "$key" --type cyclonedx --predicate tmp/sbom.cdx.json "$registry/$name@$digest"
  signed=$((signed + 1))
done
[ "$signed" -gt 0 ] || { echo "tmp/ has no image-*.json: build the images first" >&2; exit 1; }
echo "Signed $signed images."
