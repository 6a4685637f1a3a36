#!/bin/sh
# Hands the secrets that `npm run compose:prepare` made to the project of a cluster: deploy/kind/make-secrets.sh smartant-dev
# Needs kubectl. Running it again replaces them.
set -eu
cd "$(dirname "$0")/../.."
namespace=${1:?the project is missing, for example smartant-dev}
given=${SMARTANT_COMPOSE_DATA:-data/compose}
[ -d "$given/given" ] || { echo "$given holds no secrets: npm run compose:prepare" >&2; exit 1; }

secret() { # NAME, and arguments of kubectl create secret generic
  name=$1; shift
  kubectl create secret generic "$name" "$@" --dry-run=client --output yaml | kubectl --namespace "$namespace" apply --filename -
}

# Files for all of it: a secret given as an argument could be read from the list of processes.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 077
value() { printf '%s=%s\n' "$1" "$(cat "$given/given/$2")"; }

for service in scheduler storage-migrator db-migrator host-migrator notifier; do
  value SMARTANT_DATABASE_URL "$service-database-url" >"$work/$service.env"
done
value SMARTANT_MASTER_KEY master-key >>"$work/scheduler.env"
value SMARTANT_API_KEY_PEPPER api-key-pepper >>"$work/scheduler.env"
value SMARTANT_ADMIN_PASSWORD admin-password >>"$work/scheduler.env"
value SMARTANT_NOTIFIER_KEY notifier-key >>"$work/notifier.env"
value SMARTANT_INTAKE_TOKEN intake-token >>"$work/notifier.env"
for service in scheduler storage-migrator db-migrator host-migrator notifier; do
  secret "smartant-$service" --from-env-file="$work/$service.env"
done
tr -d '\n' <"$given/given/redis-password" >"$work/password"
secret redis --from-file="$work/password"
secret postgres --from-file="$given/given/postgres-password" --from-file="$given/postgres/first-statements.sql"
