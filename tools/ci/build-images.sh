#!/bin/sh
# Builds the image of every service, and pushes it where REGISTRY is set: REGISTRY=registry.example.com/smartant TAG=0123abc tools/ci/build-images.sh
# RELEASE=v1.2.3 gives it the tag 1.2.3 as well, which the release's chart names.
# Takes the builder that is there: rootless BuildKit, kaniko, or Docker.
set -eu
cd "$(dirname "$0")/../.."
tag=${TAG:-$(git rev-parse --short=12 HEAD)}
registry=${REGISTRY:-}
# Tags have no "+"; helm writes charts' versions so, too.
case ${RELEASE:-} in v[0-9]*.[0-9]*.[0-9]*) release=$(printf %s "${RELEASE#v}" | tr + _) ;; *) release= ;; esac

build_with_buildkit() { # NAME IMAGE [IMAGE]
  # Two names are one field of a line of CSV.
  output="type=image,\"name=$2${3:+,$3}\",push=$([ -n "$registry" ] && echo true || echo false)"
  "$buildctl" build --frontend dockerfile.v0 --local context=. --local dockerfile="services/$1" --output "$output" \
    --metadata-file "tmp/image-$1.json"
}

build_with_kaniko() {
  if [ -n "$registry" ]; then push="--destination=$2${3:+ --destination=$3}"; else push=--no-push; fi
  /kaniko/executor --context="$PWD" --dockerfile="services/$1/Dockerfile" --digest-file="tmp/image-$1.digest" --reproducible $push
}

build_with_docker() {
  docker build --file "services/$1/Dockerfile" --tag "$2" ${3:+--tag "$3"} .
  [ -z "$registry" ] || docker push "$2"
  [ -z "$registry" ] || [ -z "${3:-}" ] || docker push "$3"
}

buildctl=$(command -v buildctl-daemonless.sh || command -v buildctl || true)
if [ -n "$buildctl" ]; then builder=buildkit
elif [ -x /kaniko/executor ]; then builder=kaniko
elif command -v docker >/dev/null; then builder=docker
else
  echo "No image builder was found: BuildKit, kaniko or Docker is needed." >&2
  exit 1
fi

mkdir -p tmp
for dockerfile in services/*/Dockerfile; do
  name=$(basename "$(dirname "$dockerfile")")
  image="${registry:-smartant}/$name:$tag"
  echo "Building $image with $builder"
  "build_with_$builder" "$name" "$image" ${release:+"${registry:-smartant}/$name:$release"}
done
