{{- /*
crash-demo.rightsHook: made before the drill's pod, removed after it, however it ends.
Usage: {{ include "crash-demo.rightsHook" . | nindent 4 }}
*/}}
{{- define "crash-demo.rightsHook" -}}
helm.sh/hook: test
helm.sh/hook-weight: "-1"
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded,hook-failed
{{- end }}
