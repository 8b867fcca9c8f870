{{- /*
payment.env: what every service reads, the database, and V8's heap limit as a share of the container's memory.
Usage: {{ include "payment.env" . }}
*/}}
{{- define "payment.env" -}}
{{- $limit_mib := include "common.mebibytes" (list . "resources.limits.memory" .Values.resources.limits.memory) | int64 -}}
{{ include "common.env" . }}
{{- include "common.mongodbEnv" . }}
- name: NODE_OPTIONS
  value: --max-old-space-size={{ div (mul $limit_mib .Values.heapPercent) 100 }}
{{- end }}
