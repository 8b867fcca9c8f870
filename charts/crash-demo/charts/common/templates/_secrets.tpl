{{- /*
common.secretsChecksum: changes when a given secret changes, so that pods start anew with it.
Usage: {{ include "common.secretsChecksum" . }}
derivePassword is scrypt: unlike a plain hash it gives nobody who reads annotations a way to try passwords fast. It takes
a fifth of a second for each pod, so it is left out where nothing is given.
*/}}
{{- define "common.secretsChecksum" -}}
{{- $given := list .Values.global.secrets .Values.global.mongodb.externalUri -}}
{{- if join "" (append (values .Values.global.secrets) .Values.global.mongodb.externalUri) -}}
{{- derivePassword 1 "long" (toJson $given) .Release.Name .Release.Namespace | sha256sum | trunc 16 -}}
{{- else -}}
generated
{{- end -}}
{{- end }}
