{{- /*
coroner.env: the coroner's own settings (coroner.settings.Settings).
Usage: {{ include "coroner.env" . }}
*/}}
{{- define "coroner.env" -}}
{{ include "common.processEnv" . }}
- name: RELEASE_NAME
  value: {{ .Release.Name | quote }}
- name: READS_LOGS
  value: {{ .Values.readLogs | quote }}
- name: TELL_WITHIN_H
  value: {{ .Values.tellWithinH | quote }}
{{- end }}
