{{/* Versions of a service with their shares: [{version, weight, header, workspaces}], the first version included. */}}
{{- define "istio.shares" }}
{{- $canaries := index .root.Values.canaries .name | default list }}
{{- $left := 100 }}
{{- range $canaries }}{{ $left = sub $left (.weight | default 0 | int) }}{{ end }}
{{- if lt $left 0 }}{{ fail (printf "istio.canaries.%s: the weights are more than 100 together" .name) }}{{ end }}
{{- $shares := list (dict "version" .first "weight" $left) }}
{{- range $canaries }}{{ $shares = append $shares . }}{{ end }}
{{- toYaml $shares }}
{{- end }}

{{/* Where requests go that nobody steers. */}}
{{- define "istio.weighted" }}
{{- $name := .name }}
{{- range .shares }}
- destination: { host: {{ $name }}, port: { number: {{ $.port }} }, subset: {{ .version }} }
  weight: {{ .weight | default 0 }}
{{- end }}
{{- end }}

{{/* Retries and time limit of an RPC, as its policy says who owns them. The client's own deadline is the one that is heard first.
A stream has no limit, which is said by saying nothing: Istio refuses `timeout: 0s`. */}}
{{- define "istio.rpcRules" }}
{{- if .deadlineMs }}
timeout: {{ add .deadlineMs 2000 }}ms
{{- end }}
{{- if and (eq .retryOwner "mesh") .idempotent }}
retries: { attempts: 3, perTryTimeout: {{ div .deadlineMs 3 }}ms, retryOn: 'unavailable,connect-failure,refused-stream,reset' }
{{- else }}
# Istio would send a request again by itself: this one is repeated by its caller, or not at all.
retries: { attempts: 0 }
{{- end }}
{{- end }}
