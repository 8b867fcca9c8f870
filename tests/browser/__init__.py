"""
The page in a real browser, on a release that runs: ``make browser``.

What is in here plays and fires as a person does, with mouse or keyboard, and looks at what a person sees; what arrived
is asked of the sink. ``python -m tests.browser.casino`` starts the services as processes to look at the page without a
cluster, ``python -m tests.browser.pictures`` makes the pictures of the README.
"""
