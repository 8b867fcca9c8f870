{{- /*
bugsink.env: what the image wants to know; each start applies changed secrets.
Usage: {{ include "bugsink.env" . }}
*/}}
{{- define "bugsink.env" -}}
- name: PORT
  value: {{ include "common.portOf" .Chart.Name | quote }}
- name: BASE_URL
  value: {{ .Values.baseUrl | trimSuffix "/" | quote }}
- name: BUGSINK_ADMIN_EMAIL
  value: {{ .Values.adminEmail | quote }}
{{ include "common.secretEnv" (list . "SECRET_KEY" "bugsink-secret-key") }}
{{ include "common.secretEnv" (list . "BUGSINK_ADMIN_PASSWORD" "bugsink-admin-password") }}
{{ include "common.secretEnv" (list . "BUGSINK_API_TOKEN" "bugsink-api-token") }}
{{ include "common.secretEnv" (list . "BUGSINK_DSN_KEY" "ingest-key") }}
{{- end }}
