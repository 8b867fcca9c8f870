"""
``crashctl chaos``: kills at random while players play and faults fire, then proves that every death was told once, that
no event is unaccounted for, and that no money was lost or invented.

``bag``, ``lives``, ``told``, ``money`` and ``verdict`` compare and know no network; ``cluster``, ``watching``, ``bank``
and ``firing`` ask and act; ``session`` puts them together.
"""
