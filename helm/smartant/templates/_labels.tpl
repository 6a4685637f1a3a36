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

{{/* By digest where one is given: a tag may be moved. A chart that says nothing else runs the images of its own version. */}}
{{- define "smartant.image" -}}
{{- .root.Values.image.registry | default "smartant" }}/{{ .name }}
{{- with dig "digest" "" .service }}@{{ . }}{{ else }}:{{ dig "tag" "" $.service | default $.root.Values.image.tag | default $.root.Chart.AppVersion }}{{ end }}
{{- end }}
