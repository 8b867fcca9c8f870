{{- /*
common.secretsChecksum: changes when a given secret changes, so that pods start anew with it.
Usage: {{ include "common.secretsChecksum" . }}
derivePassword is scrypt: unlike a plain hash it gives nobody who reads annotations a way to try passwords fast.
*/}}
{{- define "common.secretsChecksum" -}}
{{- derivePassword 1 "long" (toJson (list .Values.global.secrets .Values.global.mongodb.externalUri)) .Release.Name .Release.Namespace | sha256sum | trunc 16 -}}
{{- end }}
