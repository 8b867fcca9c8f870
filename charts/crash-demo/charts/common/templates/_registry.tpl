{{- /*
common.registry: where each component listens, and its Sentry project where it reports to one.
The only place in the charts where these numbers stand; tests/charts compares them with catalog/services.yaml.
*/}}
{{- define "common.registry" -}}
gateway: {port: 8080, project: 1}
game-engine: {port: 8082, project: 2}
event-sink: {port: 8090}
bugsink: {port: 8091}
spotlight: {port: 8969}
{{- end }}

{{- /*
common.portOf: the port of a component; of its Service and of its container.
Usage: {{ include "common.portOf" "event-sink" }}
*/}}
{{- define "common.portOf" -}}
{{- (index (include "common.registry" . | fromYaml) .).port -}}
{{- end }}

{{- /*
common.urlOf: where a component is reached inside the cluster.
Usage: {{ include "common.urlOf" (list . "game-engine") }}
*/}}
{{- define "common.urlOf" -}}
{{- printf "http://%s:%s" (include "common.nameOf" .) (include "common.portOf" (index . 1)) -}}
{{- end }}
