{{/*
DestinationRules and VirtualServices. Rendered by the chart of the platform, which knows what version of each service is the first; `versions`: by
name of a service; `edgeGrpc`: another name of the gRPC of one of them, `<name>-grpc`, or nothing; `root` is this chart.
*/}}
{{- define "istio.serviceRoutes" }}
{{- $policies := (.root.Files.Get "files/rpc-policies.json" | fromJson).rpcs }}
{{- range $service := .root.Values.services }}
{{- $shares := include "istio.shares" (dict "root" $.root "name" $service.name "first" (index $.versions $service.name)) | fromYamlArray }}
---
apiVersion: {{ $.root.Values.networkingVersion }}
kind: DestinationRule
metadata:
  name: {{ $service.name }}
spec:
  host: {{ $service.name }}
  trafficPolicy:
    {{- include "istio.trafficPolicy" $.root | trim | nindent 4 }}
  subsets:
    {{- range $shares }}
    - name: {{ .version }}
      labels: { version: {{ .version }} }
    {{- end }}
---
apiVersion: {{ $.root.Values.networkingVersion }}
kind: VirtualService
metadata:
  name: {{ $service.name }}
spec:
  {{- /* Shares, retries and limits hold under either name: both lead to the versions of the one Service. */}}
  hosts: [{{ $service.name }}{{ if eq $.edgeGrpc (printf "%s-grpc" $service.name) }}, {{ $.edgeGrpc }}{{ end }}]
  http:
    {{- range $rpc := $policies }}
    {{- if has (index (splitList "/" $rpc.path) 1) $service.rpcServices }}
    {{- range $share := $shares }}
    {{- if or $share.header $share.workspaces }}
    - match:
        {{- with $share.header }}
        - { uri: { exact: {{ $rpc.path }} }, port: {{ $service.grpcPort }}, headers: { x-smartant-canary: { exact: {{ . }} } } }
        {{- end }}
        {{- range $share.workspaces }}
        - { uri: { exact: {{ $rpc.path }} }, port: {{ $service.grpcPort }}, headers: { smartant-workspace-id: { exact: {{ . }} } } }
        {{- end }}
      route:
        - destination: { host: {{ $service.name }}, port: { number: {{ $service.grpcPort }} }, subset: {{ $share.version }} }
      {{- include "istio.rpcRules" $rpc | trim | nindent 6 }}
    {{- end }}
    {{- end }}
    - match:
        - { uri: { exact: {{ $rpc.path }} }, port: {{ $service.grpcPort }} }
      route:
        {{- include "istio.weighted" (dict "name" $service.name "shares" $shares "port" $service.grpcPort) | trim | nindent 8 }}
      {{- include "istio.rpcRules" $rpc | trim | nindent 6 }}
    {{- end }}
    {{- end }}
    # Health and reflection of gRPC, and whatever has no policy: repeated by nobody.
    - match:
        - port: {{ $service.grpcPort }}
      route:
        {{- include "istio.weighted" (dict "name" $service.name "shares" $shares "port" $service.grpcPort) | trim | nindent 8 }}
      retries: { attempts: 0 }
    {{- with $service.http }}
    {{- range $share := $shares }}
    {{- if or $share.header $share.workspaces }}
    - match:
        {{- with $share.header }}
        - { port: {{ $service.http.port }}, headers: { x-smartant-canary: { exact: {{ . }} } } }
        {{- end }}
        {{- range $share.workspaces }}
        - { port: {{ $service.http.port }}, uri: { prefix: /v1/workspaces/{{ . }}/ } }
        {{- end }}
      route:
        - destination: { host: {{ $service.name }}, port: { number: {{ $service.http.port }} }, subset: {{ $share.version }} }
      retries: { attempts: 0 }
    {{- end }}
    {{- end }}
    # No limit, since streams of events have no end; and requests of the API carry their own key to be repeated by.
    - match:
        - port: {{ .port }}
      route:
        {{- include "istio.weighted" (dict "name" $service.name "shares" $shares "port" .port) | trim | nindent 8 }}
      retries: { attempts: 0 }
    {{- end }}
{{- end }}
{{- end }}

{{- define "istio.trafficPolicy" }}
tls: { mode: ISTIO_MUTUAL }
loadBalancer:
  simple: LEAST_REQUEST
  # Istio prefers the own zone unless it is told not to.
  localityLbSetting: { enabled: {{ .Values.localityFailover }} }
connectionPool:
  tcp: { maxConnections: {{ .Values.pool.connections }}, connectTimeout: {{ .Values.pool.connectTimeout }} }
  http:
    http2MaxRequests: {{ .Values.pool.requests }}
    http1MaxPendingRequests: {{ .Values.pool.pending }}
    maxRequestsPerConnection: 0
    # How many retries may be under way at all: a storm of them must not keep a service down.
    maxRetries: 32
outlierDetection: {{ toJson .Values.outlier }}
{{- end }}

{{/* Of the gRPC of a service at a name of its own, for all of its versions: `service`, `host`, `root`. */}}
{{- define "istio.grpcRoutes" }}
{{- $destination := dict "destination" (dict "host" .host "port" (dict "number" .service.grpcPort)) }}
---
apiVersion: {{ .root.Values.networkingVersion }}
kind: DestinationRule
metadata:
  name: {{ .host }}
spec:
  host: {{ .host }}
  trafficPolicy:
    {{- include "istio.trafficPolicy" .root | trim | nindent 4 }}
---
apiVersion: {{ .root.Values.networkingVersion }}
kind: VirtualService
metadata:
  name: {{ .host }}
spec:
  hosts: [{{ .host }}]
  http:
    {{- range $rpc := (.root.Files.Get "files/rpc-policies.json" | fromJson).rpcs }}
    {{- if has (index (splitList "/" $rpc.path) 1) $.service.rpcServices }}
    - match:
        - { uri: { exact: {{ $rpc.path }} }, port: {{ $.service.grpcPort }} }
      route: [{{ toJson $destination }}]
      {{- include "istio.rpcRules" $rpc | trim | nindent 6 }}
    {{- end }}
    {{- end }}
    - match:
        - port: {{ .service.grpcPort }}
      route: [{{ toJson $destination }}]
      retries: { attempts: 0 }
{{- end }}
