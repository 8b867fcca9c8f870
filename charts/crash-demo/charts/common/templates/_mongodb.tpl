{{- /*
common.mongodbEnv: where a service finds its database: the release's own, or the URI of global.mongodb.externalUri, which
stands in the Secret only. The chart has a value `database`.
Usage: {{ include "common.mongodbEnv" . }}
MONGODB_PASSWORD stands before MONGODB_URI because the kubelet expands $(…) from what stands above.
*/}}
{{- define "common.mongodbEnv" -}}
{{- $mongodb := .Values.global.mongodb -}}
{{- if $mongodb.enabled }}
{{ include "common.secretEnv" (list . "MONGODB_PASSWORD" "mongodb-password") }}
- name: MONGODB_URI
  value: {{ printf "mongodb://casino:$(MONGODB_PASSWORD)@%s/" (include "common.urlOf" (list . "mongodb") | trimPrefix "http://") }}
{{- else }}
{{ include "common.secretEnv" (list . "MONGODB_URI" "mongodb-uri") }}
{{- end }}
- name: MONGODB_DATABASE
  value: {{ .Values.database | quote }}
- name: MONGODB_TIMEOUT_MS
  value: {{ $mongodb.timeoutMs | quote }}
{{- end }}
