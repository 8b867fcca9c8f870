{{- /*
gateway.env: what every service reads, and where the services behind the gateway are.
Usage: {{ include "gateway.env" . }}
*/}}
{{- define "gateway.env" -}}
{{ include "common.env" . }}
{{- include "common.urlEnv" (list . "game-engine" "payment" "analytics") }}
- name: UPSTREAM_TIMEOUT_S
  value: {{ .Values.upstreamTimeoutS | quote }}
- name: MAX_BODY_MIB
  value: {{ .Values.maxBodyMib | quote }}
{{- with .Values.corsOrigins }}
- name: CORS_ORIGINS
  value: {{ join "," . | quote }}
{{- end }}
{{- end }}
