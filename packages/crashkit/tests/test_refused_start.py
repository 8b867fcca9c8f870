from crashkit.refused_start import cannot_start


def test_a_refused_start_is_one_line(capsys):
    """
    However many lines the reason has, one line says it, and the status is 2.
    """
    status = cannot_start("casino", "the first\nthe second")

    assert 2 == status
    assert "casino cannot start: the first; the second\n" == capsys.readouterr().err
