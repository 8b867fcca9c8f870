{{- /*
common.registry: where each component listens, its Sentry project where it reports to one, and the name of its port
where it does not speak HTTP. slot-machine is the page, which the gateway serves: it listens nowhere.
The only place in the charts where these numbers stand; tests/charts compares them with catalog/services.yaml.
*/}}
{{- define "common.registry" -}}
gateway: {port: 8080, project: 1}
game-engine: {port: 8082, project: 2}
payment: {port: 8083, project: 3}
analytics: {port: 8084, project: 4}
slot-machine: {project: 5}
coroner: {port: 8086, project: 6}
event-sink: {port: 8090}
bugsink: {port: 8091}
spotlight: {port: 8969}
mongodb: {port: 27017, portName: mongodb}
{{- end }}

{{- /*
common.portOf: the port of a component; of its Service and of its container.
Usage: {{ include "common.portOf" "event-sink" }}
*/}}
{{- define "common.portOf" -}}
{{- (index (include "common.registry" . | fromYaml) .).port -}}
{{- end }}

{{- /*
common.portNameOf: the name of that port, `http` unless the component speaks something else.
Usage: {{ include "common.portNameOf" "mongodb" }}
*/}}
{{- define "common.portNameOf" -}}
{{- (index (include "common.registry" . | fromYaml) .).portName | default "http" -}}
{{- end }}

{{- /*
common.inRelease: not empty where a component is part of the release; one without a switch in `global` always is.
Usage: {{ if include "common.inRelease" (list . "payment") }}
*/}}
{{- define "common.inRelease" -}}
{{- $part := index (index . 0).Values.global (index . 1) -}}
{{- if or (not $part) $part.enabled }}true{{ end -}}
{{- end }}

{{- /*
common.urlOf: where a component is reached inside the cluster.
Usage: {{ include "common.urlOf" (list . "game-engine") }}
*/}}
{{- define "common.urlOf" -}}
{{- printf "http://%s:%s" (include "common.nameOf" .) (include "common.portOf" (index . 1)) -}}
{{- end }}

{{- /*
common.urlEnv: where the named components are, as `<COMPONENT>_URL`; one that is not part of the release has none.
Usage: {{ include "common.urlEnv" (list . "payment" "analytics") }}
*/}}
{{- define "common.urlEnv" -}}
{{- $root := index . 0 -}}
{{- range rest . }}
{{- if include "common.inRelease" (list $root .) }}
- name: {{ printf "%s_URL" (. | upper | replace "-" "_") }}
  value: {{ include "common.urlOf" (list $root .) }}
{{- end }}
{{- end }}
{{- end }}
