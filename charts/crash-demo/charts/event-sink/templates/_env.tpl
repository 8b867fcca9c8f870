{{- /*
event-sink.env: the sink's own settings (event_sink.settings.Settings); a target that is absent is off.
Usage: {{ include "event-sink.env" . }}
*/}}
{{- define "event-sink.env" -}}
{{- $global := .Values.global -}}
- name: SINK_PORT
  value: {{ include "common.portOf" .Chart.Name | quote }}
- name: SINK_DB_PATH
  value: /data/sink.sqlite3
{{ include "common.secretEnv" (list . "SINK_INGEST_KEY" "ingest-key") }}
{{ include "common.secretEnv" (list . "SINK_TOKEN" "sink-token") }}
{{ include "common.secretEnv" (list . "SINK_UPSTREAM_DSN" "upstream-dsn") }}
      optional: true
{{- if $global.bugsink.enabled }}
- name: SINK_BUGSINK_URL
  value: {{ include "common.urlOf" (list . "bugsink") }}
{{- end }}
{{- if $global.spotlight.enabled }}
- name: SINK_SPOTLIGHT_URL
  value: {{ include "common.urlOf" (list . "spotlight") }}
{{- end }}
- name: SINK_RETAIN_MIB
  value: {{ .Values.retainMib | quote }}
- name: SINK_RETAIN_H
  value: {{ .Values.retainH | quote }}
- name: SINK_DRAIN_S
  value: {{ $global.drainS | quote }}
{{- end }}
