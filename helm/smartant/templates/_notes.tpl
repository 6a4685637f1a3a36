{{/* What helm says after an installation: where it is, and what was not given that nothing works without. */}}
{{- define "smartant.notes" -}}
SmartAnt {{ .Chart.AppVersion }} is in {{ .Release.Namespace }}.
{{- $controller := eq (dig "mode" "dbless" .Values.gateway) "controller" }}
{{- if .Values.gateway.enabled }}
{{- if dig "host" "" .Values.gateway }}
People reach it at https://{{ .Values.gateway.host }}.
{{- else if not $controller }}
Try it by: kubectl -n {{ .Release.Namespace }} port-forward service/kong 8000:80
{{- end }}
{{- end }}
Sign in as admin, with SMARTANT_ADMIN_PASSWORD of the secret {{ .Values.services.scheduler.secretName }}.
{{- if and .Values.networkPolicies.enabled (not .Values.networkPolicies.backends) }}

MIND: networkPolicies.backends is empty. No pod reaches a database, Kafka or Redis of the cluster but what it migrates.
{{- end }}
{{- if and .Values.networkPolicies.enabled .Values.gateway.enabled (not .Values.networkPolicies.gatewayFrom) }}

MIND: networkPolicies.gatewayFrom is empty. Nobody from outside of this namespace reaches the {{ ternary "scheduler, Kong's controller neither" "gateway" $controller }}.
{{- end }}
{{- if and $controller .Values.gateway.enabled .Values.istio.enabled (not (regexMatch "/" (join "," .Values.istio.restCallers))) }}

MIND: istio.restCallers names no account of another namespace. The mesh refuses what the Kong of a controller elsewhere sends: add NAMESPACE/ACCOUNT.
{{- end }}
{{- if not .Values.egress.deny }}

MIND: egress.deny is empty. Whoever makes endpoints may name addresses of this cluster: give the ranges of pods, services and nodes.
{{- end }}
{{- if not .Values.kafka.brokers }}

MIND: kafka.brokers is empty, and services do not start without.
{{- end }}
{{- end }}
