{{- /*
spotlight.env: where it listens; the image knows the rest.
Usage: {{ include "spotlight.env" . }}
*/}}
{{- define "spotlight.env" -}}
- name: PORT
  value: {{ include "common.portOf" .Chart.Name | quote }}
{{- end }}
