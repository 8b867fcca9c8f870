{{- /*
common.nameOf: the name of a component's objects, `<release>-<component>`.
Usage: {{ include "common.nameOf" (list . "event-sink") }}
A Service name has at most 63 characters and a release name at most 53, so a long release name is cut, for all alike.
*/}}
{{- define "common.nameOf" -}}
{{- $root := index . 0 -}}
{{- printf "%s-%s" ($root.Release.Name | trunc 46 | trimSuffix "-") (index . 1) -}}
{{- end }}

{{- /*
common.fullname: the name of this chart's own objects.
Usage: {{ include "common.fullname" . }}
*/}}
{{- define "common.fullname" -}}
{{- include "common.nameOf" (list . .Chart.Name) -}}
{{- end }}

{{- /*
common.secretName: the Secret that holds every key and token of the release.
Usage: {{ include "common.secretName" . }}
*/}}
{{- define "common.secretName" -}}
{{- .Values.global.existingSecret | default (include "common.nameOf" (list . "secrets")) -}}
{{- end }}
