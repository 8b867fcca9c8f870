{{- /*
common.service: the one Service of a component.
Usage: {{ include "common.service" . }}
*/}}
{{- define "common.service" -}}
{{- $service := .Values.service -}}
{{- if and $service.nodePort (eq "ClusterIP" $service.type) }}
{{- fail (printf "%s.service.nodePort is %v, but a ClusterIP Service has none; set %s.service.type=NodePort too" .Chart.Name $service.nodePort .Chart.Name) }}
{{- end -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "common.fullname" . }}
  labels:
    {{- include "common.labels" (list . .Chart.Name) | nindent 4 }}
spec:
  type: {{ $service.type }}
  selector:
    {{- include "common.selectorLabels" (list . .Chart.Name) | nindent 4 }}
  ports:
    - name: {{ include "common.portNameOf" .Chart.Name }}
      port: {{ include "common.portOf" .Chart.Name }}
      targetPort: {{ include "common.portNameOf" .Chart.Name }}
      {{- with $service.nodePort }}
      nodePort: {{ . }}
      {{- end }}
{{- end }}
