{{- /*
common.podSecurity: the pod's half of the `restricted` Pod Security Standard, with the one user of all our images.
Usage: {{ include "common.podSecurity" . | nindent 8 }}
*/}}
{{- define "common.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- /*
common.containerSecurity: the container's half.
Usage: {{ include "common.containerSecurity" . | nindent 12 }}
*/}}
{{- define "common.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- /*
common.serviceAccount: an identity of its own for each component, with no token mounted and no rights.
Usage: {{ include "common.serviceAccount" . }}
*/}}
{{- define "common.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "common.fullname" . }}
  labels:
    {{- include "common.labels" (list . .Chart.Name) | nindent 4 }}
automountServiceAccountToken: false
{{- end }}
