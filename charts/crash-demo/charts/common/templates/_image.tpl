{{- /*
common.image: the image of a component, `<prefix>/<component>:<tag>`, or what the chart's own `image` says.
Usage: {{ include "common.image" (list . "gateway" .Values.image) }}
*/}}
{{- define "common.image" -}}
{{- $root := index . 0 -}}
{{- $own := index . 2 -}}
{{- $global := $root.Values.global.image -}}
{{- $repository := $own.repository | default (printf "%s/%s" $global.prefix (index . 1)) -}}
{{- $tag := $own.tag | default $global.tag | default $root.Chart.AppVersion -}}
{{- printf "%s:%s" $repository $tag -}}
{{- end }}
