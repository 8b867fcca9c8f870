"""
The release's database on this machine, for tests: the same two images that the release runs, in Docker.

What the images are made of is told in ``crashctl.cluster``; what is stored in them is the services' own.
"""
