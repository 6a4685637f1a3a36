{{- /*
The rules of one file as a list of groups, with runbooks made links. dict "root" $ "path" "files/rules/…" "kind" "record", "alert" or "" for both.
*/}}
{{- define "observability.groups" -}}
{{- $root := .root }}
{{- $kind := .kind }}
{{- range ($root.Files.Get .path | fromYaml).groups }}
{{- $rules := list }}
{{- range .rules }}
{{- if or (eq $kind "") (hasKey . $kind) }}
{{- if .alert }}
{{- $_ := set .annotations "runbook_url" (print $root.Values.runbookBase .annotations.runbook_url) }}
{{- end }}
{{- $rules = append $rules . }}
{{- end }}
{{- end }}
{{- if $rules }}
- name: {{ .name }}
  rules:
    {{- toYaml $rules | nindent 4 }}
{{- end }}
{{- end }}
{{- end }}
