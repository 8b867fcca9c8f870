{{- /*
common.selectorLabels: what finds a component's pods. Immutable in a Deployment, so nothing that changes belongs here.
Usage: {{ include "common.selectorLabels" (list . "gateway") | nindent 4 }}
*/}}
{{- define "common.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
{{- end }}

{{- /*
common.labels: the selector labels, and what a person wants to read beside them.
Usage: {{ include "common.labels" (list . "gateway") | nindent 4 }}
*/}}
{{- define "common.labels" -}}
{{- $root := index . 0 -}}
{{ include "common.selectorLabels" . }}
app.kubernetes.io/component: {{ index . 1 }}
app.kubernetes.io/part-of: crash-demo
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name ($root.Chart.Version | replace "+" "_") }}
{{- end }}
