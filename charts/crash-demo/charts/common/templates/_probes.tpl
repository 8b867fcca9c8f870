{{- /*
common.probes: startup, readiness and liveness over HTTP, with the timing of .Values.probes.
Usage: {{ include "common.probes" (dict "root" . "ready" "/healthz/ready" "live" "/healthz/live") | nindent 10 }}
Optional: "startup", the path that tells that it has started, where that is not "ready".
*/}}
{{- define "common.probes" -}}
{{- $probes := .root.Values.probes -}}
startupProbe:
  httpGet: {path: {{ .startup | default .ready }}, port: http}
  {{- include "common.probeTiming" $probes.startup | nindent 2 }}
readinessProbe:
  httpGet: {path: {{ .ready }}, port: http}
  {{- include "common.probeTiming" $probes.readiness | nindent 2 }}
livenessProbe:
  httpGet: {path: {{ .live }}, port: http}
  {{- include "common.probeTiming" $probes.liveness | nindent 2 }}
{{- end }}

{{- /*
common.probeTiming: how often, how long, how many.
Usage: {{ include "common.probeTiming" .Values.probes.liveness | nindent 2 }}
*/}}
{{- define "common.probeTiming" -}}
periodSeconds: {{ .periodSeconds }}
timeoutSeconds: {{ .timeoutSeconds }}
failureThreshold: {{ .failureThreshold }}
{{- end }}
