"""
The drill: fire a case through the gateway, wait for its contract, say what came of it.

``contract``, ``answers`` and ``pods`` compare and know no network; ``gateway``, ``sink`` and ``kube`` ask; ``play``
puts one case together, ``session`` all of them. Whoever wants to prove a case (the command, ``helm test``, the tests)
calls :func:`crashctl.drill.session.run`, or :func:`crashctl.drill.play.play` for a single one.
"""
