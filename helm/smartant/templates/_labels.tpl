{{/* Labels that KubeSphere's canary relies on. app.kubernetes.io/version is in immutable selectors and never changes; only `version` does. */}}
{{- define "smartant.selectorLabels" -}}
app: {{ .name }}
app.kubernetes.io/name: smartant
app.kubernetes.io/version: v1
{{- end }}

{{- define "smartant.labels" -}}
{{ include "smartant.selectorLabels" . }}
app.kubernetes.io/part-of: smartant
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}
