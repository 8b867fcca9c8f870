{{- /*
common.volumes: /tmp always; the folder that outlives a container but not its pod where "state" is true;
/data where the chart has `persistence`. The root filesystem is read-only, so nothing else can be written.
Usage: {{ include "common.volumes" (dict "root" . "state" true "tmpMib" 64) | nindent 8 }}
*/}}
{{- define "common.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: {{ .tmpMib }}Mi
{{- if .state }}
- name: state
  emptyDir:
    # Above all that a spool may hold, what it has set aside included: a pod that goes above it is evicted.
    sizeLimit: 96Mi
{{- end }}
{{- with .root.Values.persistence }}
- name: data
  {{- if .enabled }}
  persistentVolumeClaim:
    claimName: {{ .existingClaim | default (include "common.fullname" $.root) }}
  {{- else }}
  emptyDir:
    sizeLimit: {{ .size }}
  {{- end }}
{{- end }}
{{- end }}

{{- /*
common.volumeMounts: where they are in the container.
Usage: {{ include "common.volumeMounts" (dict "root" . "state" true) | nindent 12 }}
*/}}
{{- define "common.volumeMounts" -}}
- name: tmp
  mountPath: /tmp
{{- if .state }}
- name: state
  mountPath: /var/lib/crash-demo
{{- end }}
{{- if .root.Values.persistence }}
- name: data
  mountPath: /data
{{- end }}
{{- end }}

{{- /*
common.persistentVolumeClaim: the disk of a component that keeps something, unless it is switched off or brought along.
Usage: {{ include "common.persistentVolumeClaim" . }}
*/}}
{{- define "common.persistentVolumeClaim" -}}
{{- with .Values.persistence }}
{{- if and .enabled (not .existingClaim) -}}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ include "common.fullname" $ }}
  labels:
    {{- include "common.labels" (list $ $.Chart.Name) | nindent 4 }}
spec:
  accessModes: [ReadWriteOnce]
  {{- with .storageClass }}
  storageClassName: {{ . }}
  {{- end }}
  resources:
    requests:
      storage: {{ .size }}
{{- end }}
{{- end }}
{{- end }}
