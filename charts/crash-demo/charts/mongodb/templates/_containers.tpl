{{- /*
mongodb.documentdb: PostgreSQL with DocumentDB. It listens on the pod's loopback address, so its probes run inside it.
Usage: {{ include "mongodb.documentdb" . | nindent 8 }}
*/}}
{{- define "mongodb.documentdb" -}}
{{- $probes := .Values.probes -}}
- name: documentdb
  image: {{ include "common.image" (list . "documentdb" .Values.documentdb.image) }}
  imagePullPolicy: {{ .Values.global.image.pullPolicy }}
  {{- include "common.lastWords" . | nindent 2 }}
  env:
    {{- include "common.secretEnv" (list . "MONGODB_PASSWORD" "mongodb-password") | nindent 4 }}
  startupProbe:
    exec: {command: {{ include "mongodb.answers" . }}}
    {{- include "common.probeTiming" $probes.startup | nindent 4 }}
  readinessProbe:
    exec: {command: {{ include "mongodb.answers" . }}}
    {{- include "common.probeTiming" $probes.readiness | nindent 4 }}
  livenessProbe:
    # 1 means that it answers and takes no connections yet, as after a crash: a kill would only begin that anew.
    exec: {command: [/bin/sh, -c, '{{ include "mongodb.answers" . | fromYamlArray | join " " }} || [ $? -eq 1 ]']}
    {{- include "common.probeTiming" $probes.liveness | nindent 4 }}
  resources:
    {{- toYaml .Values.documentdb.resources | nindent 4 }}
  securityContext:
    {{- include "common.containerSecurity" . | nindent 4 }}
  volumeMounts:
    {{- include "common.volumeMounts" (dict "root" .) | nindent 4 }}
{{- end }}

{{- /*
mongodb.answers: the command that asks PostgreSQL whether it takes connections, through its socket, where nobody has to
log in.
Usage: {{ include "mongodb.answers" . }}
*/}}
{{- define "mongodb.answers" -}}
[pg_isready, --quiet, --host=/tmp, --username=postgres, --timeout=2]
{{- end }}

{{- /*
mongodb.ferretdb: the wire protocol. Ready when a ping comes back over it, for which it asks PostgreSQL; alive as long as
it takes connections, because a new FerretDB does not mend PostgreSQL.
Usage: {{ include "mongodb.ferretdb" . | nindent 8 }}
*/}}
{{- define "mongodb.ferretdb" -}}
{{- $probes := .Values.probes -}}
{{- $port := include "common.portNameOf" .Chart.Name -}}
- name: ferretdb
  image: {{ include "common.image" (list . "ferretdb" .Values.ferretdb.image) }}
  imagePullPolicy: {{ .Values.global.image.pullPolicy }}
  {{- include "common.lastWords" . | nindent 2 }}
  ports:
    - {name: {{ $port }}, containerPort: {{ include "common.portOf" .Chart.Name }}}
  env:
    {{- include "common.secretEnv" (list . "PGPASSWORD" "mongodb-password") | nindent 4 }}
  startupProbe:
    exec: {command: [/ferretdb, ping]}
    {{- include "common.probeTiming" $probes.startup | nindent 4 }}
  readinessProbe:
    exec: {command: [/ferretdb, ping]}
    {{- include "common.probeTiming" $probes.readiness | nindent 4 }}
  livenessProbe:
    tcpSocket: {port: {{ $port }}}
    {{- include "common.probeTiming" $probes.liveness | nindent 4 }}
  resources:
    {{- toYaml .Values.ferretdb.resources | nindent 4 }}
  securityContext:
    {{- include "common.containerSecurity" . | nindent 4 }}
  volumeMounts:
    - name: ferretdb-tmp
      mountPath: /tmp
{{- end }}
