"""
``crashctl up`` and ``crashctl down``: from a bare machine to a running release on kind, and back.

Two roads lead there. *images*: the machine can pull container images. *packages*: it reaches package registries
only, and everything is built from Go modules, Debian packages and Python wheels, cached by version. What the
drill, the catalogue or a running service need does not belong here.
"""
