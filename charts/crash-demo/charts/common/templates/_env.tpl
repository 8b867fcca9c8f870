{{- /*
common.secretEnv: one variable from the release's Secret.
Usage: {{ include "common.secretEnv" (list . "FAULTS_TOKEN" "fault-token") }}
*/}}
{{- define "common.secretEnv" -}}
- name: {{ index . 1 }}
  valueFrom:
    secretKeyRef:
      name: {{ include "common.secretName" (index . 0) }}
      key: {{ index . 2 }}
{{- end }}

{{- /*
common.podEnv: what a pod knows about itself, so that each event can name the pod and the node.
Usage: {{ include "common.podEnv" . }}
*/}}
{{- define "common.podEnv" -}}
{{- range $name, $path := dict
      "POD_NAME" "metadata.name"
      "POD_NAMESPACE" "metadata.namespace"
      "POD_UID" "metadata.uid"
      "POD_IP" "status.podIP"
      "NODE_NAME" "spec.nodeName" }}
- name: {{ $name }}
  valueFrom:
    fieldRef:
      fieldPath: {{ $path }}
{{- end }}
{{- end }}

{{- /*
common.dsnOf: where what a component reports is sent; SENTRY_INGEST_KEY must stand above it.
Usage: {{ include "common.dsnOf" (list . "gateway") }}
*/}}
{{- define "common.dsnOf" -}}
{{- $project := (index (include "common.registry" . | fromYaml) (index . 1)).project -}}
{{- printf "http://$(SENTRY_INGEST_KEY)@%s/%v" (include "common.urlOf" (list (index . 0) "event-sink") | trimPrefix "http://") $project -}}
{{- end }}

{{- /*
common.processEnv: the environment that every process of ours reads, whether it has faults or not
(crashkit.settings.ServiceSettings).
Usage: {{ include "common.processEnv" . }}
SENTRY_INGEST_KEY stands before SENTRY_DSN because the kubelet expands $(…) from what stands above.
*/}}
{{- define "common.processEnv" -}}
{{- $global := .Values.global -}}
- name: PORT
  value: {{ include "common.portOf" .Chart.Name | quote }}
- name: STATE_DIR
  value: /var/lib/crash-demo
- name: TERMINATION_LOG
  value: /dev/termination-log
- name: DRAIN_S
  value: {{ $global.drainS | quote }}
- name: MEMORY_WARNING_PERCENT
  value: {{ $global.memoryWarningPercent | quote }}
{{ include "common.secretEnv" (list . "SENTRY_INGEST_KEY" "ingest-key") }}
- name: SENTRY_DSN
  value: {{ include "common.dsnOf" (list . .Chart.Name) }}
- name: SENTRY_ENVIRONMENT
  value: {{ $global.sentry.environment | quote }}
- name: SENTRY_RELEASE
  value: {{ $global.sentry.release | default (printf "crash-demo@%s" .Chart.AppVersion) | quote }}
- name: TRACES_SAMPLE_RATE
  value: {{ $global.sentry.tracesSampleRate | quote }}
{{- include "common.podEnv" . }}
{{- end }}

{{- /*
common.env: that, and what a service with faults reads.
Usage: {{ include "common.env" . }}
*/}}
{{- define "common.env" -}}
{{- $global := .Values.global -}}
{{ include "common.processEnv" . }}
- name: FAULTS_ENABLED
  value: {{ $global.faults.enabled | quote }}
- name: FAULTS_ALLOW_GET
  value: {{ and $global.faults.enabled $global.faults.allowGet | quote }}
{{- if $global.faults.enabled }}
{{ include "common.secretEnv" (list . "FAULTS_TOKEN" "fault-token") }}
{{- end }}
{{- end }}
