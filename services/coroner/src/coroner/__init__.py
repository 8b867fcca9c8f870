"""
The coroner: sees each container of the release die, says of what, and reports it once.

Pure, with no cluster: what a pod's status says (:mod:`coroner.pods`), of what a container died
(:mod:`coroner.causes`), and the event that tells it (:mod:`coroner.report`). Around these stand the Kubernetes API
(:mod:`coroner.api`), the order in which things are looked at (:mod:`coroner.watcher`, :mod:`coroner.inquest`), and what
must outlive this process (:mod:`coroner.memory`, :mod:`coroner.outbox`).

It never acts on a pod: it may list and watch, and no more.
"""
