{{/* Kong's configuration, once: the declarative file and the controller's resources are made of these lists. */}}

{{- define "gateway.rateLimit" }}
{{- $redis := .root.Values.limits.redis }}
name: rate-limiting
config:
  minute: {{ .minute }}
  limit_by: {{ .by }}
  # A Redis that is away must not stop migrations from being steered.
  fault_tolerant: true
  hide_client_headers: false
  policy: {{ if $redis.host }}redis{{ else }}local{{ end }}
  {{- if $redis.host }}
  redis:
    host: {{ $redis.host }}
    port: {{ $redis.port }}
    ssl: {{ $redis.ssl }}
    ssl_verify: {{ $redis.ssl }}
    {{- with $redis.serverName }}
    server_name: {{ . }}
    {{- end }}
    {{- if $redis.passwordSecret }}
    password: '{vault://env/smartant-redis-password}'
    {{- end }}
  {{- end }}
{{- end }}

{{/* Who they are is known of a token that the scheduler signed; `kid` names the key. Tokens are taken from no URL and no cookie. */}}
{{- define "gateway.jwt" }}
name: jwt
config: { key_claim_name: kid, claims_to_verify: [exp], header_names: [authorization], uri_param_names: [], cookie_names: [], run_on_preflight: false }
{{- end }}

{{- define "gateway.group" }}
name: acl
config: { allow: [{{ . }}], hide_groups_header: true }
{{- end }}

{{- define "gateway.keyAuth" }}
name: key-auth
config: { key_names: [x-api-key], key_in_header: true, key_in_query: false, key_in_body: false, hide_credentials: true, run_on_preflight: false }
{{- end }}

{{/* For every request. */}}
{{- define "gateway.globalPlugins" }}
- name: correlation-id
  config: { header_name: X-Request-Id, generator: uuid, echo_downstream: true }
- name: prometheus
  config: { status_code_metrics: true, latency_metrics: true, bandwidth_metrics: true, upstream_health_metrics: true }
- name: request-size-limiting
  config: { allowed_payload_size: {{ .Values.requestMegabytes }}, size_unit: megabytes }
# Identity that only the mesh may state.
- name: request-transformer
  config:
    remove: { headers: [X-Forwarded-Client-Cert, X-Consumer-Id, X-Consumer-Custom-Id, X-Consumer-Username, X-Consumer-Groups, X-Authenticated-Groups, X-Credential-Identifier, X-Anonymous-Consumer] }
{{- if or .Values.access.allow .Values.access.deny }}
- name: ip-restriction
  config:
    {{- with .Values.access.allow }}
    allow: {{ toJson . }}
    {{- end }}
    {{- with .Values.access.deny }}
    deny: {{ toJson . }}
    {{- end }}
    status: 403
    message: This address may not use the platform.
{{- end }}
{{- with .Values.cors.origins }}
- name: cors
  config:
    origins: {{ toJson . }}
    methods: [GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS]
    headers: [Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, traceparent, tracestate]
    exposed_headers: [ETag, Location, Retry-After, X-Request-Id, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset]
    credentials: false
    max_age: 600
{{- end }}
{{- with .Values.telemetry.endpoint }}
- name: opentelemetry
  config:
    traces_endpoint: {{ . }}
    sampling_rate: {{ $.Values.telemetry.samplingRate }}
    # Old Istio (1.14) sends and reads B3.
    propagation: { extract: [w3c, b3], inject: [w3c, b3], default_format: w3c }
    resource_attributes: { service.name: kong }
{{- end }}
{{- if .Values.maintenance.enabled }}
- name: request-termination
  config: { status_code: 503, message: {{ .Values.maintenance.message | quote }} }
{{- end }}
{{- end }}

{{/* Services of Kong. Migrations are steered by requests that the platform makes safe to repeat, so Kong itself repeats none. */}}
{{- define "gateway.services" }}
- name: scheduler
  protocol: http
  host: {{ .Values.scheduler.host }}
  port: {{ .Values.scheduler.httpPort }}
  connect_timeout: 5000
  read_timeout: 60000
  write_timeout: 60000
  retries: 0
# Streams are silent for 15 s at most: their keep-alive comes sooner than this.
- name: scheduler-events
  protocol: http
  host: {{ .Values.scheduler.host }}
  port: {{ .Values.scheduler.httpPort }}
  connect_timeout: 5000
  read_timeout: 120000
  write_timeout: 60000
  retries: 0
{{- if .Values.grpc.enabled }}
- name: scheduler-grpc
  protocol: grpc
  host: {{ .Values.scheduler.grpcHost | default .Values.scheduler.host }}
  port: {{ .Values.scheduler.grpcPort }}
  connect_timeout: 5000
  read_timeout: 120000
  write_timeout: 60000
  retries: 0
{{- end }}
{{- end }}

{{/*
Routes of Kong, with their plugins. Regular expressions go before prefixes; a request that fits none is answered with 404 and reaches nobody.
`ingress`: how the controller writes the same path.
*/}}
{{- define "gateway.routes" }}
# What one calls to get a token, or before one can have one.
- name: sign-in
  service: scheduler
  methods: [GET, POST, OPTIONS]
  paths:
    - '~/v1/auth/(token|refresh)$'
    - '~/v1/auth/second-factor/enrolment(/confirm)?$'
    - '~/v1/auth/oidc(/(callback|token|[^/]+/start))?$'
    - '~/v1/invitations/accept$'
  regex_priority: 30
  plugins:
    - {{ include "gateway.rateLimit" (dict "root" . "minute" .Values.limits.signIn "by" "ip") | nindent 6 | trim }}
# The session of the console's cookie, which nothing but these addresses gets.
- name: browser-session
  service: scheduler
  methods: [POST, DELETE, OPTIONS]
  paths: ['~/v1/auth/browser-session(/renewal)?$']
  regex_priority: 30
  plugins:
    - {{ include "gateway.rateLimit" (dict "root" . "minute" .Values.limits.signIn "by" "ip") | nindent 6 | trim }}
# Open to everybody: keys to check tokens and reports with, the version, the description of the API, the console.
- name: open
  service: scheduler
  methods: [GET, HEAD, OPTIONS]
  paths:
    - '~/\.well-known/jwks\.json$'
    - '~/v1/(version|report-keys)$'
    - '~/openapi\.json$'
    - '~/docs(/.*)?$'
    - '~/$'
    - '~/console(/.*)?$'
  regex_priority: 20
  plugins:
    - {{ include "gateway.rateLimit" (dict "root" . "minute" .Values.limits.pages "by" "ip") | nindent 6 | trim }}
# Events as they happen: nothing is buffered.
- name: events
  service: scheduler-events
  methods: [GET, OPTIONS]
  paths: ['~/v1/workspaces/[^/]+/migrations/[^/]+/watch$']
  response_buffering: false
  regex_priority: 20
  plugins:
    - {{ include "gateway.jwt" . | nindent 6 | trim }}
    - {{ include "gateway.group" "tokens" | nindent 6 | trim }}
    - {{ include "gateway.rateLimit" (dict "root" . "minute" .Values.limits.api "by" "ip") | nindent 6 | trim }}
- name: admin
  service: scheduler
  paths: ['~/v1/admin/']
  regex_priority: 10
  plugins:
    - {{ include "gateway.jwt" . | nindent 6 | trim }}
    - {{ include "gateway.group" "tokens" | nindent 6 | trim }}
    - {{ include "gateway.rateLimit" (dict "root" . "minute" .Values.limits.api "by" "ip") | nindent 6 | trim }}
    {{- with .Values.access.admin }}
    # It takes the place of the one for every request, so it says again who is denied.
    - name: ip-restriction
      config:
        allow: {{ toJson . }}
        {{- with $.Values.access.deny }}
        deny: {{ toJson . }}
        {{- end }}
        status: 403
        message: Administration is not allowed from this address.
    {{- end }}
- name: api
  service: scheduler
  paths: [/v1/]
  plugins:
    - {{ include "gateway.jwt" . | nindent 6 | trim }}
    - {{ include "gateway.group" "tokens" | nindent 6 | trim }}
    - {{ include "gateway.rateLimit" (dict "root" . "minute" .Values.limits.api "by" "ip") | nindent 6 | trim }}
{{- if .Values.grpc.enabled }}
- name: grpc
  service: scheduler-grpc
  protocols: [grpcs]
  hosts: [{{ .Values.grpc.host }}]
  paths: [/smartant.migration.v1.MigrationService/]
  plugins:
    - {{ include "gateway.keyAuth" . | nindent 6 | trim }}
    - {{ include "gateway.group" "grpc" | nindent 6 | trim }}
    - {{ include "gateway.rateLimit" (dict "root" . "minute" .Values.limits.api "by" "consumer") | nindent 6 | trim }}
{{- end }}
{{- end }}

{{/* Consumers without their secrets: gateway-keys adds the keys. */}}
{{- define "gateway.consumers" }}
- username: smartant-tokens
  acls: [{ group: tokens }]
{{- range .Values.machines.consumers }}
- username: {{ .name }}
  acls:
    {{- range .groups }}
    - group: {{ . }}
    {{- end }}
  {{- if .minute }}
  plugins:
    - {{ include "gateway.rateLimit" (dict "root" $ "minute" .minute "by" "consumer") | nindent 6 | trim }}
  {{- end }}
{{- end }}
{{- end }}
