{{- /*
crash-demo.randomHex: hexadecimal text of that many random bytes, from the system's secure source.
Usage: {{ include "crash-demo.randomHex" 16 }}
*/}}
{{- define "crash-demo.randomHex" -}}
{{- randBytes (int .) | b64dec | printf "%x" -}}
{{- end }}

{{- /*
crash-demo.checkSecrets: refuse a given secret of the wrong form. Here and not in the schema, whose messages would show
the value.
Usage: {{ include "crash-demo.checkSecrets" .Values.global }}
*/}}
{{- define "crash-demo.checkSecrets" -}}
{{- $forms := dict
    "faultToken" (list "^[!-~]{16,}$" "at least 16 characters without spaces")
    "ingestKey" (list "^[0-9a-f]{32}$" "32 characters of 0-9a-f; openssl rand -hex 16 makes one")
    "sinkToken" (list "^[!-~]{16,}$" "at least 16 characters without spaces")
    "bugsinkApiToken" (list "^[0-9a-f]{40}$" "40 characters of 0-9a-f; openssl rand -hex 20 makes one")
    "bugsinkAdminPassword" (list "^.{8,}$" "at least 8 characters")
    "bugsinkSecretKey" (list "^[!-~]{50,}$" "at least 50 characters without spaces; openssl rand -hex 32 makes one")
    "mongodbPassword" (list "^[A-Za-z0-9._~-]{16,}$" "at least 16 characters of A-Za-z0-9._~-; openssl rand -hex 24 makes one")
    "upstreamDsn" (list "^https?://[^@/]+@[^@/]+/(.*/)?[0-9]+$" "a DSN, such as https://KEY@HOST/PROJECT")
-}}
{{- range $name, $form := $forms }}
{{- $given := index $.secrets $name }}
{{- if and $given $.existingSecret }}
{{- fail (printf "global.secrets.%s is given, and global.existingSecret too; put the value into that Secret, or leave existingSecret empty" $name) }}
{{- end }}
{{- if and $given (not (regexMatch (first $form) $given)) }}
{{- fail (printf "global.secrets.%s (%d characters) does not have the right form: %s" $name (len $given) (last $form)) }}
{{- end }}
{{- end }}
{{- end }}

{{- /*
crash-demo.checkDatabase: there is one database, not none and not two. Its URI is not shown: there is a password in it.
Usage: {{ include "crash-demo.checkDatabase" .Values.global }}
*/}}
{{- define "crash-demo.checkDatabase" -}}
{{- $uri := .mongodb.externalUri -}}
{{- if and $uri .mongodb.enabled }}
{{- fail "global.mongodb.externalUri is given, and global.mongodb.enabled is true; set global.mongodb.enabled=false to use your database, or leave externalUri empty to use the release's own" }}
{{- end }}
{{- if and $uri .existingSecret }}
{{- fail "global.mongodb.externalUri is given, and global.existingSecret too; put the URI into that Secret as mongodb-uri, or leave existingSecret empty" }}
{{- end }}
{{- if and $uri (not (regexMatch "^mongodb(\\+srv)?://[^/\\s]+(/\\S*)?$" $uri)) }}
{{- fail (printf "global.mongodb.externalUri (%d characters) does not have the right form: mongodb://USER:PASSWORD@HOST:27017/" (len $uri)) }}
{{- end }}
{{- $users := concat (ternary (list "payment") (list) .payment.enabled) (ternary (list "analytics") (list) .analytics.enabled) }}
{{- if and $users (not .mongodb.enabled) (not $uri) (not .existingSecret) }}
{{- fail (printf "global.mongodb.enabled is false and global.mongodb.externalUri is empty, but %s %s a database; give global.mongodb.externalUri, or set global.mongodb.enabled=true" (join " and " $users) (ternary "needs" "need" (eq 1 (len $users)))) }}
{{- end }}
{{- end }}
