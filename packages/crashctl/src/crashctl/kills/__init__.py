"""
A hundred OOM kills of the release, and the proof that each became exactly one fatal event on the trace that caused it.

What belongs here: each service is killed again and again (:mod:`.lane`) while somebody watches what the kubelet says of
it (:mod:`.statuses`), and what came of it (:mod:`.outcome`). Firing, and asking the sink, is the drill's.
"""
