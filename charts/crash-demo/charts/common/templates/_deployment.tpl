{{- /*
common.deployment: the Deployment of a component.
Usage: {{ include "common.deployment" (dict "root" . "env" (include "common.env" .) "live" "/healthz/live" "ready" "/healthz/ready") }}
Optional: "state" (true: a folder that outlives the container), "token" (true: it asks the Kubernetes API), "tmpMib" (default 64), "single" (true: the component
writes one store, so never two pods at once), "startup" (the path that tells that it has started, default "ready").
*/}}
{{- define "common.deployment" -}}
{{- $root := .root -}}
{{- $component := $root.Chart.Name -}}
{{- $global := $root.Values.global -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "common.fullname" $root }}
  labels:
    {{- include "common.labels" (list $root $component) | nindent 4 }}
spec:
  replicas: {{ ternary 1 $root.Values.replicas (.single | default false) }}
  revisionHistoryLimit: 3
  strategy:
    {{- if .single }}
    type: Recreate
    {{- else }}
    type: RollingUpdate
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
    {{- end }}
  selector:
    matchLabels:
      {{- include "common.selectorLabels" (list $root $component) | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "common.labels" (list $root $component) | nindent 8 }}
      {{- if contains "secretKeyRef" .env }}
      annotations:
        checksum/secrets: {{ include "common.secretsChecksum" $root | quote }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "common.fullname" $root }}
      automountServiceAccountToken: {{ .token | default false }}
      enableServiceLinks: false
      # Leaving the Service (3 s), draining, the last flush (5 s) and the last word of the accounts (4 s) fit into it.
      terminationGracePeriodSeconds: {{ add $global.drainS 14 }}
      securityContext:
        {{- include "common.podSecurity" $root | nindent 8 }}
      {{- with include "common.scheduling" $root | trim }}
      {{- . | nindent 6 }}
      {{- end }}
      containers:
        - name: {{ $component }}
          image: {{ include "common.image" (list $root $component $root.Values.image) }}
          imagePullPolicy: {{ $global.image.pullPolicy }}
          {{- include "common.lastWords" $root | nindent 10 }}
          {{- if not .single }}
          # Nodes take a moment to learn that the pod left its Service; what they still send is answered meanwhile.
          lifecycle:
            preStop:
              sleep: {seconds: 3}
          {{- end }}
          ports:
            - {name: http, containerPort: {{ include "common.portOf" $component }}}
          env:
            {{- .env | nindent 12 }}
          {{- include "common.probes" . | nindent 10 }}
          resources:
            {{- toYaml $root.Values.resources | nindent 12 }}
          securityContext:
            {{- include "common.containerSecurity" $root | nindent 12 }}
          volumeMounts:
            {{- include "common.volumeMounts" . | nindent 12 }}
      volumes:
        {{- include "common.volumes" (dict "root" $root "state" .state "tmpMib" (.tmpMib | default 64)) | nindent 8 }}
{{- end }}

{{- /*
common.lastWords: what the kubelet keeps of a container that died, by SIGKILL too: the flight record of a service that
writes one, else the end of its log.
Usage: {{ include "common.lastWords" . | nindent 10 }}
*/}}
{{- define "common.lastWords" -}}
terminationMessagePath: /dev/termination-log
terminationMessagePolicy: FallbackToLogsOnError
{{- end }}

{{- /*
common.scheduling: where pods may run and how their images are pulled, the same for all.
Usage: {{ with include "common.scheduling" . | trim }}{{ . | nindent 6 }}{{ end }}
*/}}
{{- define "common.scheduling" -}}
{{- $global := .Values.global -}}
{{- with $global.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $global.scheduling.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $global.scheduling.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
