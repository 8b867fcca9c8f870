"""
Rollouts while faults are fired, and the proof that nothing of what was answered is lost.

What belongs here: firing at a rate (:mod:`.volley`), replacing the pods of each service in turn (:mod:`.session`), and
what came of it (:mod:`.outcome`).
"""
