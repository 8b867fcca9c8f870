{{- /*
gateway.env: what every service reads, where the services behind the gateway are, and what the page is told.
Usage: {{ include "gateway.env" . }}
Where faults are off there is nothing to ask the sink for, and no pass to hand out.
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
- name: PAGE_DSN
  value: {{ include "common.dsnOf" (list . "slot-machine") }}
{{- if and .Values.page.issuesUrl .Values.global.bugsink.enabled }}
- name: PAGE_ISSUES_URL
  value: {{ .Values.page.issuesUrl | trimSuffix "/" | quote }}
{{- end }}
{{- if and .Values.page.tracesUrl .Values.global.spotlight.enabled }}
- name: PAGE_TRACES_URL
  value: {{ .Values.page.tracesUrl | trimSuffix "/" | quote }}
{{- end }}
{{- if .Values.global.faults.enabled }}
- name: FAULT_PASS_S
  value: {{ .Values.global.faults.passS | quote }}
- name: SINK_URL
  value: {{ include "common.urlOf" (list . "event-sink") }}
{{- end }}
{{- end }}
