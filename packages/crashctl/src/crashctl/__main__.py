from crashctl.cli import app

app()
