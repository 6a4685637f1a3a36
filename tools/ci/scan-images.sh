#!/bin/sh
# Looks into the image of every service for known weaknesses and secrets: REGISTRY=registry.example.com/smartant TAG=1.2.3 tools/ci/scan-images.sh
# Needs trivy. A severe weakness that has a fix, or a secret, fails it; all findings are kept in tmp/scan-NAME.json.
set -eu
cd "$(dirname "$0")/../.."
if ! command -v trivy >/dev/null; then
  echo "SKIPPED: scan of the images: trivy is not on this machine"
  exit 0
fi
tag=${TAG:-$(git rev-parse --short=12 HEAD)}
registry=${REGISTRY:-}
mkdir -p tmp
failed=0
for dockerfile in services/*/Dockerfile; do
  name=$(basename "$(dirname "$dockerfile")")
  image="${registry:-smartant}/$name:$tag"
  trivy image --quiet --scanners vuln,secret --format json --output "tmp/scan-$name.json" "$image"
  trivy convert --format table "tmp/scan-$name.json"
  trivy image --quiet --scanners vuln,secret --severity HIGH,CRITICAL --ignore-unfixed --exit-code 1 "$image" >/dev/null || failed=1
done
exit $failed
