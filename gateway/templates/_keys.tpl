{{/* gateway-keys: `output` is kong-admin (beside Kong) or kubernetes (for the controller). */}}
{{- define "gateway.keysContainer" }}
{{- $values := .root.Values }}
- name: gateway-keys
  image: {{ .keysImage }}
  imagePullPolicy: {{ .pullPolicy }}
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    runAsUser: 10001
    capabilities: { drop: [ALL] }
  ports:
    - { name: http-keys, containerPort: 7432 }
  env:
    - { name: SMARTANT_JWKS_URL, value: 'http://{{ $values.scheduler.host }}:{{ $values.scheduler.httpPort }}/.well-known/jwks.json' }
    - { name: SMARTANT_GATEWAY_OUTPUT, value: {{ .output }} }
    - { name: SMARTANT_ADMIN_PORT, value: '7432' }
    - { name: SMARTANT_BIND, value: 0.0.0.0 }
    {{- if eq .output "kong-admin" }}
    - { name: SMARTANT_KONG_ADMIN_URL, value: 'http://127.0.0.1:8001' }
    - { name: SMARTANT_KONG_CONFIG_FILE, value: /config/kong.yaml }
    {{- else }}
    - name: SMARTANT_KUBERNETES_NAMESPACE
      valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
    {{- end }}
    {{- if $values.machines.keysSecret }}
    - { name: SMARTANT_MACHINE_KEYS_DIR, value: /machines }
    {{- end }}
    {{- if $values.machines.consumers }}
    - { name: SMARTANT_MACHINE_CONSUMERS, value: {{ include "gateway.machineNames" .root | quote }} }
    {{- end }}
  livenessProbe:
    httpGet: { path: /livez, port: 7432 }
  readinessProbe:
    httpGet: { path: /readyz, port: 7432 }
    periodSeconds: 5
  resources: {{ toJson $values.kong.keysResources }}
  volumeMounts:
    - { name: tmp, mountPath: /tmp }
    {{- if eq .output "kong-admin" }}
    - { name: config, mountPath: /config, readOnly: true }
    {{- end }}
    {{- if $values.machines.keysSecret }}
    - { name: machines, mountPath: /machines, readOnly: true }
    {{- end }}
{{- end }}

{{- define "gateway.machineNames" }}
{{- $names := list }}
{{- range .Values.machines.consumers }}{{ $names = append $names .name }}{{ end }}
{{- join "," $names }}
{{- end }}
