{{- /*
analytics.env: what every service reads, and the database.
Usage: {{ include "analytics.env" . }}
*/}}
{{- define "analytics.env" -}}
{{ include "common.env" . }}
{{- include "common.mongodbEnv" . }}
{{- end }}
