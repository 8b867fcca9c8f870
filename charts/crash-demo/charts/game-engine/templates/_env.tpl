{{- /*
game-engine.env: what every service reads, and whom a spin calls.
Usage: {{ include "game-engine.env" . }}
*/}}
{{- define "game-engine.env" -}}
{{ include "common.env" . }}
{{- include "common.urlEnv" (list . "payment" "analytics") }}
{{- end }}
