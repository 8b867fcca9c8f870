{{- /*
common.mebibytes: a memory quantity as a number of MiB.
Usage: {{ include "common.mebibytes" (list . "resources.limits.memory" .Values.resources.limits.memory) }}
*/}}
{{- define "common.mebibytes" -}}
{{- $quantity := index . 2 | toString -}}
{{- $number := regexFind "^[1-9][0-9]*" $quantity -}}
{{- $factor := index (dict "Mi" 1 "Gi" 1024) (trimPrefix $number $quantity) -}}
{{- if not (and $number $factor) }}
{{- fail (printf "%s.%s is %q, which is not read here; give a whole number of Mi or Gi, such as 448Mi" (index . 0).Chart.Name (index . 1) $quantity) }}
{{- end }}
{{- mul (int64 $number) $factor -}}
{{- end }}
