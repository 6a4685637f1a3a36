#!/bin/sh
# Packs the chart with what it depends on, and pushes it as an OCI artifact. It names the images that were pushed beside it:
#   REGISTRY=registry.example.com/smartant CHART_REGISTRY=oci://registry.example.com/smartant/charts RELEASE=v1.2.3 tools/ci/publish-chart.sh
#   … TAG=0123456789abcdef… tools/ci/publish-chart.sh   between releases: chart 0.0.0-g0123456789ab, images by that tag
# Needs helm, signed in to the registry. Without CHART_REGISTRY it is only packed, into tmp/. tmp/chart.version tells promote.mjs which it is.
set -eu
cd "$(dirname "$0")/../.."
registry=${REGISTRY:?REGISTRY is not set: where the images are}
case ${RELEASE:-} in
  v[0-9]*.[0-9]*.[0-9]*)
    version=${RELEASE#v}
    tag=$(printf %s "$version" | tr + _)
    ;;
  *)
    tag=${TAG:?neither RELEASE is set, a version as v1.2.3, nor TAG, the commit that the images carry}
    version=0.0.0-g$(printf %.12s "$tag")
    ;;
esac

# A copy: what is packed names these images, and the work tree stays as it is.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/helm"
cp -R helm/smartant "$work/helm/"
cp -R gateway istio observability "$work/"
values=$work/helm/smartant/values.yaml
set_image() { # FIELD VALUE: the gateway's image follows these, too
  sed "/^image:/,/^[^ ]/s|^  $1:.*|  $1: '$2'|" "$values" >"$work/values"
  grep -qF "  $1: '$2'" "$work/values" || { echo "$values has no place for image.$1" >&2; exit 1; }
  cp "$work/values" "$values"
}
set_image registry "$registry"
set_image tag "$tag"

mkdir -p tmp
helm dependency update "$work/helm/smartant" --skip-refresh
helm lint --strict "$work/helm/smartant"
helm package "$work/helm/smartant" --version "$version" --app-version "$version" --destination tmp
printf '%s\n' "$version" >tmp/chart.version
if [ -z "${CHART_REGISTRY:-}" ]; then
  echo "Packed tmp/smartant-$version.tgz; CHART_REGISTRY is not set, so it was not pushed."
  exit 0
fi
helm push "tmp/smartant-$version.tgz" "$CHART_REGISTRY"
