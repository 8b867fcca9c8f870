{{- /*
common.networkPolicy: who may call a component, where global.networkPolicy.enabled.
Usage: {{ include "common.networkPolicy" (dict "root" . "from" (list "gateway" "drill")) }}
"from" names components; without it every pod of the release may call. A component whose Service is reachable from
outside (NodePort, LoadBalancer), or with "anyone" true, is open, because the caller's address is then a node's.
*/}}
{{- define "common.networkPolicy" -}}
{{- $root := .root -}}
{{- if $root.Values.global.networkPolicy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "common.fullname" $root }}
  labels:
    {{- include "common.labels" (list $root $root.Chart.Name) | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "common.selectorLabels" (list $root $root.Chart.Name) | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - ports:
        - {port: {{ include "common.portNameOf" $root.Chart.Name }}}
      {{- if not (or .anyone (ne "ClusterIP" $root.Values.service.type)) }}
      from:
        {{- range $component := .from | default (list "") }}
        - podSelector:
            matchLabels:
              app.kubernetes.io/part-of: crash-demo
              app.kubernetes.io/instance: {{ $root.Release.Name }}
              {{- with $component }}
              app.kubernetes.io/name: {{ . }}
              {{- end }}
        {{- end }}
      {{- end }}
{{- end }}
{{- end }}
