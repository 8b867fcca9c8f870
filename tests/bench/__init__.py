"""
What is measured and not proven: ratios of one run on one machine. Nothing here passes or fails.
"""
